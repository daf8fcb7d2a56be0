from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from emails.models import MailAccount
from emails.parsing.addresses import Address
from replies.composing.mailbox import BadAddress, Unwritable, exact, readable, typed
from replies.models import WritingProfile

MOST_RECIPIENTS = 100
EDITOR_FORM = "editor-form"


class WritingProfileForm(forms.ModelForm):
    class Meta:
        model = WritingProfile
        fields = ["name", "greeting", "closing", "signature", "about", "preferences"]
        help_texts = {
            "name": _("As it stands under a reply. Empty: the name of your account."),
            "greeting": _("For example “Dear” or “Hello”. Empty: what suits the message."),
            "closing": _("For example “Best regards”. Empty: what suits the message."),
            "signature": _("Goes under every draft as it is."),
            "about": _("What a model should know of you: your role, your firm, what you decide."),
            "preferences": _("How to write: “short sentences”, “first names among colleagues”."),
        }
        widgets = {
            "about": forms.Textarea(attrs={"rows": 3}),
            "signature": forms.Textarea(attrs={"rows": 4}),
            "preferences": forms.Textarea(attrs={"rows": 3}),
        }


class RecipientsField(forms.CharField):
    """What a person types as recipients, to a list of [name, address]."""

    def clean(self, value: Any) -> list[Address]:
        text = super().clean(value)
        try:
            boxes = typed(text)
        except Unwritable as such:
            raise forms.ValidationError(
                gettext(
                    "Nothing can be sent to “%(given)s” from here: before the @ are letters that many mail servers do "
                    "not take. Use another address, or remove this one."
                )
                % {"given": readable(str(such))}
            ) from None
        except BadAddress as bad:
            raise forms.ValidationError(
                gettext(
                    "“%(given)s” is not an address. Write addresses as name@example.org, separated by commas."
                )
                % {"given": str(bad)[:100]}
            ) from None
        if len(boxes) > MOST_RECIPIENTS:
            raise forms.ValidationError(
                gettext("A reply may go to %(most)s recipients at most.") % {"most": MOST_RECIPIENTS}
            )
        return boxes


class SendForm(forms.Form):
    """Its fields stand below the editor and belong to the editor's form, so that the text comes with them."""

    to = RecipientsField(label=_("To"), max_length=20_000)
    cc = RecipientsField(label=_("Cc"), max_length=20_000, required=False)
    account = forms.ModelChoiceField(MailAccount.objects.none(), label=_("From"), empty_label=None)
    quote = forms.BooleanField(label=_("Quote the message below"), required=False)

    def __init__(self, user: Any, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        mine = MailAccount.objects.filter(user_id=user.pk).exclude(smtp_host="")
        self.fields["account"].queryset = mine  # type: ignore[attr-defined]
        self.fields["account"].label_from_instance = lambda account: f"{account.name} <{account.address}>"  # type: ignore[attr-defined]
        for field in self.fields.values():
            field.widget.attrs["form"] = EDITOR_FORM

    def clean_account(self) -> MailAccount:
        account: MailAccount = self.cleaned_data["account"]
        try:
            exact(account.address)
        except BadAddress:
            raise forms.ValidationError(
                gettext("The address of this account cannot stand in a message: %(given)s")
                % {"given": account.address}
            ) from None
        return account

    def clean(self) -> dict[str, Any]:
        """Nobody gets it twice."""
        said = super().clean() or {}
        to = {address.casefold() for _name, address in said.get("to", [])}
        said["cc"] = [box for box in said.get("cc", []) if box[1].casefold() not in to]
        return said
