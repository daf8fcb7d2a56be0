from __future__ import annotations

from django import forms

from replies.models import WritingProfile


class WritingProfileForm(forms.ModelForm):
    class Meta:
        model = WritingProfile
        fields = ["name", "greeting", "closing", "signature", "about", "preferences"]
        widgets = {
            "about": forms.Textarea(attrs={"rows": 3}),
            "signature": forms.Textarea(attrs={"rows": 4}),
            "preferences": forms.Textarea(attrs={"rows": 3}),
        }
