"""What ends with a user's access: their sessions, and whatever is under way or waits for them."""

from __future__ import annotations

from django.contrib.auth import SESSION_KEY
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.db.models import Q

from mailai.runs.transitions import end_unwanted


def deactivate(user: User) -> None:
    """Nothing is begun for the user any more, and what is under way ends, but for a message that is being sent."""
    User.objects.filter(pk=user.pk).update(is_active=False)
    user.is_active = False
    end_access(user.pk)


def end_access(user_id: int) -> None:
    """Of a user who is not active any more. A worker that is at a run of theirs notices at its next word."""
    end_unwanted(Q(user_id=user_id))
    end_sessions(user_id)


def end_sessions(user_id: int) -> int:
    """Or they would come back to life with the user. Returns how many there were."""
    theirs = [
        session.pk
        for session in Session.objects.iterator()
        if session.get_decoded().get(SESSION_KEY) == str(user_id)
    ]
    return Session.objects.filter(pk__in=theirs).delete()[0]
