from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from replies.models import WritingProfile


class WritingProfileForm(forms.ModelForm):
    class Meta:
        model = WritingProfile
        fields = ["name", "greeting", "closing", "signature", "about", "preferences"]
        help_texts = {
            "name": _("As it stands under a reply. Empty: the name of your account."),
            "greeting": _("For example “Dear” or “Hello”. Empty: what suits the message."),
            "closing": _("For example “Best regards”."),
            "signature": _("Goes under every draft as it is."),
            "about": _("What a model should know of you: your role, your firm, what you decide."),
            "preferences": _("How to write: “short sentences”, “first names among colleagues”."),
        }
        widgets = {
            "about": forms.Textarea(attrs={"rows": 3}),
            "signature": forms.Textarea(attrs={"rows": 4}),
            "preferences": forms.Textarea(attrs={"rows": 3}),
        }
