from __future__ import annotations

from typing import TYPE_CHECKING

from django import forms
from django.utils.translation import gettext_lazy as _

from emails.models import Category, Correction, Level

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

AS_ANALYSED = ("", _("as analysed"))


def level(label: StrOrPromise) -> forms.TypedChoiceField:
    choices = [AS_ANALYSED, *Level.choices]
    return forms.TypedChoiceField(label=label, choices=choices, coerce=int, empty_value=None, required=False)


class CorrectionForm(forms.ModelForm):
    """An empty field says: as the analysis has it."""

    urgency = level(_("Urgency"))
    importance = level(_("Importance"))
    category = forms.ChoiceField(
        label=_("Category"), choices=[AS_ANALYSED, *Category.choices], required=False
    )

    class Meta:
        model = Correction
        fields = ["urgency", "importance", "category", "is_spam"]
        labels = {"is_spam": _("Spam")}
        widgets = {
            "is_spam": forms.Select(choices=[AS_ANALYSED, ("true", _("spam")), ("false", _("not spam"))])
        }
