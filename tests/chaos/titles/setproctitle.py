"""In place of the package of this name, through which django-q2 tells what each of its processes does.

What it tells becomes the process's name in /proc, 15 characters at most, so that a test finds the one it wants to kill.
"""

from __future__ import annotations

import ctypes

PR_SET_NAME = 15
ROLES = ("monitor", "pusher", "idle", "processing")


def setproctitle(title: str) -> None:
    role = next((word for word in title.split() if word in ROLES), "")
    if role:
        ctypes.CDLL(None).prctl(PR_SET_NAME, f"q:{role}".encode(), 0, 0, 0)
