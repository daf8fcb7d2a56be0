from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from emails.models import Correction

SPAM = (("", _("as analysed")), ("true", _("spam")), ("false", _("not spam")))


class CorrectionForm(forms.ModelForm):
    """An empty field says: as the analysis has it."""

    class Meta:
        model = Correction
        fields = ["urgency", "importance", "category", "is_spam"]
        labels = {
            "urgency": _("Urgency"),
            "importance": _("Importance"),
            "category": _("Category"),
            "is_spam": _("Spam"),
        }
        widgets = {"is_spam": forms.Select(choices=SPAM)}
