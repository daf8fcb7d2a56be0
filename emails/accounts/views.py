"""The accounts page: add, test, edit, fetch, remove. No page waits for a mail server: what asks one is a run."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache

from emails.access import get_account
from emails.accounts import card as cards
from emails.accounts.forms import AccountForm, AddressForm
from emails.accounts.models import MailAccount, Standing
from emails.accounts.presets import initial_for, preset_for
from emails.accounts.schedule import resume
from mailai.http import Refused, contract, owner_id
from mailai.runs.press import begin, press
from mailai.runs.transitions import cancel


@never_cache
@login_required
def accounts(request: HttpRequest) -> HttpResponse:
    """With `address`, the form for an account of it; without, the question for it."""
    new = MailAccount(user_id=owner_id(request))
    if request.method == "POST":
        form = AccountForm(request.POST, instance=new)
        if form.is_valid():
            return saved(request, form)
        return shown(request, form=form)
    asked = AddressForm(request.GET or None)
    if not asked.is_valid():
        return shown(request, asked=asked)
    address = asked.cleaned_data["address"]
    form = AccountForm(initial=initial_for(address), instance=new)
    return shown(request, form=form, preset=preset_for(address))


@never_cache
@login_required
def edit(request: HttpRequest, account_id: int) -> HttpResponse:
    account = get_account(request, account_id)
    form = AccountForm(request.POST or None, instance=account)
    if request.method == "POST" and form.is_valid():
        return saved(request, form)
    folders = account.runs.filter(kind="account_test", status="succeeded").order_by("-created_at").first()
    known = (folders.result or {}).get("folders", []) if folders else []
    return render(request, "emails/account_edit.html", {"form": form, "account": account, "folders": known})


@contract("GET")
def card(request: HttpRequest, account_id: int) -> HttpResponse:
    account = get_account(request, account_id)
    context = cards.context(request, account, cards.latest_run(account))
    return render(request, "emails/_account.html", context | {"fragment": True})


@contract("POST")
def test(request: HttpRequest, account_id: int) -> HttpResponse:
    account = get_account(request, account_id)
    return press(request, "account_test", _("The test has been queued."), account=account)


@contract("POST")
def fetch(request: HttpRequest, account_id: int) -> HttpResponse:
    account = get_account(request, account_id)
    if not account.may_fetch:
        raise Refused(409, "untested", _("Test this account first, or keep it as it is."))
    return press(request, "fetch", _("The fetch has been queued."), account=account)


@contract("POST")
def keep(request: HttpRequest, account_id: int) -> HttpResponse:
    """The owner knows that the test failed and wants the account all the same."""
    account = get_account(request, account_id)
    MailAccount.objects.filter(pk=account.pk, standing=Standing.UNTESTED).update(standing=Standing.KEPT)
    resume(account)
    return back(account)


@contract("POST")
def schedule(request: HttpRequest, account_id: int) -> HttpResponse:
    """Switch fetching by schedule on or off."""
    account = get_account(request, account_id)
    account.fetch_minutes = 15 if account.fetch_minutes is None else None
    account.save(update_fields=["fetch_minutes"])
    resume(account)
    return back(account)


@contract("POST")
def remove(request: HttpRequest, account_id: int) -> HttpResponse:
    """The account goes with its passwords; the mail that came from it stays."""
    account = get_account(request, account_id)
    for run in account.runs.active():
        cancel(run)
    account.delete()
    messages.success(
        request, _("“%(name)s” is removed. The mail that came from it stays here.") % {"name": account.name}
    )
    return redirect("accounts")


def shown(request: HttpRequest, **context: object) -> HttpResponse:
    return render(request, "emails/accounts.html", {"rows": cards.rows(request), **context})


def saved(request: HttpRequest, form: AccountForm) -> HttpResponse:
    """What leads to the server is tested anew, and until that went well nothing is fetched."""
    told = _("“%(name)s” is saved.")
    changed = form.changes_connection
    account = form.save(commit=False)
    if changed:
        account.standing = Standing.UNTESTED
        account.next_fetch_at = None
    account.save()
    if form.changes_choice:
        account.folder_states.update(
            last_uid=0
        )  # looked at again from the beginning; what is here does not come again
    if not changed:
        resume(account)
    else:
        for run in account.runs.active():
            cancel(run)  # it knows the old settings
        try:
            begin(request, "account_test", account=account)
            told = _(
                "“%(name)s” is saved and is being tested now. Mail is fetched once the test has succeeded."
            )
        except Refused as refused:
            messages.warning(request, refused.error)
    messages.success(request, told % {"name": account.name})
    return back(account)


def back(account: MailAccount) -> HttpResponse:
    return redirect(f"{reverse('accounts')}#account-{account.pk}")
