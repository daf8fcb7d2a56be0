"""One message put away, brought back, or marked as unread: from its row or from its page."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from emails.access import get_email_key
from emails.inbox import marks
from emails.inbox.neighbours import Listed
from emails.models import Email
from emails.views.inbox import back, stamp_of, toast
from mailai.http import contract, wants_page


@contract("POST")
def done(request: HttpRequest, email_id: int) -> HttpResponse:
    """With htmx the answer is a toast that offers to undo it, and nothing in place of the row."""
    emails = Email.objects.filter(pk=get_email_key(request, email_id).pk)
    moment = marks.put_away(emails)
    if request.htmx:  # type: ignore[attr-defined]
        context = {"toast": toast(request.user, moment, request.POST.get("query", "")), "beside": True}
        return render(request, "emails/_toast.html", context)
    if wants_page(request):
        return redirect(back(request, undo=stamp_of(moment)))
    return JsonResponse({"email_id": email_id, "done": True})


@contract("POST")
def undone(request: HttpRequest, email_id: int) -> HttpResponse:
    marks.bring_back(Email.objects.filter(pk=get_email_key(request, email_id).pk))
    if request.htmx:  # type: ignore[attr-defined]
        return HttpResponse("")
    if wants_page(request):
        return redirect(reverse("email", args=[email_id]) + Listed.read(request.POST.get("query", "")).way)
    return JsonResponse({"email_id": email_id, "done": False})


@contract("POST")
def unread(request: HttpRequest, email_id: int) -> HttpResponse:
    marks.unsee(Email.objects.filter(pk=get_email_key(request, email_id).pk))
    if wants_page(request):
        return redirect(back(request))
    return JsonResponse({"email_id": email_id, "seen": False})
