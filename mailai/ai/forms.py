"""The form for a new token."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from mailai.ai import providers
from mailai.ai.models import LOCAL, Purpose, ServiceToken, lifetime

LIFETIMES = (("1", _("1 day")), ("30", _("30 days")), ("never", _("never")))


def _remote() -> list[tuple[str, str]]:
    return [(name, label) for name, label in providers.choices() if name != LOCAL]


class TokenForm(forms.ModelForm):
    """The key goes in and never comes out: a form that is shown again asks for it again."""

    provider = forms.ChoiceField(label=_("Provider"), choices=_remote)
    key = forms.CharField(
        label=_("API key"),
        max_length=1000,
        required=False,
        strip=True,
        widget=forms.PasswordInput(render_value=False, attrs={"autocomplete": "off"}),
    )
    purposes = forms.MultipleChoiceField(
        label=_("Used for"), choices=Purpose, initial=Purpose.values, widget=forms.CheckboxSelectMultiple
    )
    expires = forms.ChoiceField(label=_("Expires after"), choices=LIFETIMES, initial="1")

    class Meta:
        model = ServiceToken
        fields = ["name", "provider", "model", "base_url", "concurrency"]
        labels = {
            "name": _("Name"),
            "model": _("Model"),
            "base_url": _("Address of your own server"),
            "concurrency": _("Calls at a time, at most"),
        }
        help_texts = {
            "concurrency": _("Optional. If the provider allows this key only a few requests at a time.")
        }

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        if "provider" not in cleaned:
            return cleaned
        provider = providers.get(cleaned["provider"])
        if provider.needs_key and not cleaned.get("key"):
            self.add_error("key", ValidationError(_("This provider needs a key."), code="required"))
        try:
            providers.base_url_for(provider, cleaned.get("base_url", ""))
        except ValueError:
            self.add_error(
                "base_url",
                ValidationError(
                    _("The operator does not allow this address for this provider."), code="base_url"
                ),
            )
        return cleaned

    def save(self, commit: bool = True) -> ServiceToken:
        token: ServiceToken = super().save(commit=False)
        token.purposes = self.cleaned_data["purposes"]
        token.expires_at = lifetime(self.cleaned_data["expires"])
        token.set_key(self.cleaned_data.get("key", ""))
        if commit:
            token.save()
        return token
