"""Whose runs are worked on: those of users who are active."""

from __future__ import annotations

from django.contrib.auth.models import User
from django.db.models import Exists, OuterRef, Q

# A condition in the statement and no join: those on the run itself are then looked at again where another transaction
# has changed it meanwhile. What no cancel takes back any more is noted whatever became of its user.
WANTED = Q(irrevocable=True) | Q(Exists(User.objects.filter(pk=OuterRef("user_id"), is_active=True)))
