"""For developers: every token and every part that pages are made of, with its variants."""

from __future__ import annotations

import re
from pathlib import Path

from django import forms
from django.conf import settings
from django.contrib.staticfiles import finders
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import translation

from mailai.http import Refused
from mailai.icons import ICONS
from mailai.postgres.clock import now
from mailai.runs.models import TaskRun

TOKEN = re.compile(r"^  --([\w-]+): (.+?);(?: /\*.*)?$", re.MULTILINE)


def styleguide(request: HttpRequest) -> HttpResponse:
    """404 for who has no business with it: it says nothing secret, and nothing that a user wants to know."""
    if not (settings.DEBUG or request.user.is_staff):
        raise Http404
    sheet = Path(str(finders.find("mailai/tokens.css"))).read_text(encoding="utf-8")
    tokens = TOKEN.findall(sheet)
    began = {"created_at": now(), "run_at": now()}
    shown = {
        "colours": [name for name, value in tokens if value.startswith("light-dark(")],
        "sizes": [(name, value) for name, value in tokens if name.startswith("size-")],
        "spaces": [(name, value) for name, value in tokens if name.startswith("space-")],
        "radii": [(name, value) for name, value in tokens if name.startswith("radius")],
        "icons": ICONS,
        "form": Specimen({"search": "contract"}, auto_id="specimen_%s"),
        "refused": Refused(429, "rate", "That was often. Wait a minute, then try again."),
        "running": TaskRun(
            kind="base", status="running", message="asking", progress=40, created_at=now(), run_at=now()
        ),
        "waiting": TaskRun(kind="base", status="queued", **began),
    }
    with translation.override("en"):  # its own texts are, so the parts that it shows are as well
        answer = render(request, "styleguide/styleguide.html", shown)
    answer["Content-Language"] = "en"
    return answer


class Specimen(forms.Form):
    """A field of every sort; the number is missing, so that an error can be seen."""

    text = forms.CharField(label="Text", required=False, help_text="A hint says what the label cannot.")
    number = forms.IntegerField(label="Number")
    choice = forms.ChoiceField(
        label="Choice", required=False, choices=[("a", "The first"), ("b", "The second")]
    )
    day = forms.DateField(label="Day", required=False, widget=forms.DateInput(attrs={"type": "date"}))
    search = forms.CharField(label="Search", required=False, widget=forms.TextInput(attrs={"type": "search"}))
    file = forms.FileField(label="File", required=False)
    words = forms.CharField(label="Words", required=False, widget=forms.Textarea(attrs={"rows": 2}))
