"""A provider in a template, as people write its name."""

from __future__ import annotations

from django import template

from mailai.ai import providers

register = template.Library()
register.filter("provider_label", providers.label_of)
