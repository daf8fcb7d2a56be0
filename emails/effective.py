"""What counts of an email: the user's correction where there is one, else the current analysis."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from emails.models import Analysis, Category, Correction, Email, Level


@dataclass(frozen=True)
class Effective:
    urgency: int
    importance: int
    category: str
    is_spam: bool
    corrected: frozenset[str]
    """Names of the fields that the user set."""

    @property
    def score(self) -> float:
        """0 to 1: (2 · urgency + importance - 3) / 6."""
        return round((2 * self.urgency + self.importance - 3) / 6, 2)

    @property
    def category_label(self) -> str:
        return str(Category(self.category).label)

    @property
    def urgency_label(self) -> str:
        return str(Level(self.urgency).label)

    @property
    def importance_label(self) -> str:
        return str(Level(self.importance).label)


FIELDS = ("urgency", "importance", "category", "is_spam")


def effective(email: Email) -> Effective | None:
    """None while there is neither an analysis nor a correction that says all."""
    said: dict[str, Any] = {}
    if email.analysis is not None:
        said = {name: getattr(email.analysis, name) for name in FIELDS}
    correction = correction_of(email)
    set_by_user = {
        name: getattr(correction, name)
        for name in FIELDS
        if correction and getattr(correction, name) not in (None, "")
    }
    said |= set_by_user
    if any(name not in said for name in ("urgency", "importance", "category")):
        return None
    return Effective(**({"is_spam": False} | said), corrected=frozenset(set_by_user))


def correction_of(email: Email) -> Correction | None:
    try:
        return email.correction
    except Correction.DoesNotExist:
        return None


@dataclass(frozen=True)
class Compared:
    label: Promise
    base: Any
    optimize: Any

    @property
    def differs(self) -> bool:
        return bool(self.base != self.optimize)


def compare(base: Analysis | None, optimize: Analysis | None) -> list[Compared]:
    """Base against optimize, field by field; empty unless there are both."""
    if base is None or optimize is None:
        return []
    return [
        Compared(_("Score"), base.score, optimize.score),
        Compared(_("Urgency"), base.get_urgency_display(), optimize.get_urgency_display()),
        Compared(_("Importance"), base.get_importance_display(), optimize.get_importance_display()),
        Compared(_("Category"), base.get_category_display(), optimize.get_category_display()),
        Compared(_("Spam"), base.is_spam, optimize.is_spam),
        Compared(_("Deadlines"), dates(base), dates(optimize)),
        Compared(_("Questions"), len(base.questions), len(optimize.questions)),
        Compared(_("Confidence"), percent(base), percent(optimize)),
    ]


def dates(analysis: Analysis) -> str:
    return ", ".join(date_format(date, "SHORT_DATE_FORMAT") for date, _words in analysis.due) or "–"


def percent(analysis: Analysis) -> str:
    """How sure the analysis is, as the language writes it."""
    return _("%(percent)d%%") % {"percent": round(100 * analysis.confidence)}
