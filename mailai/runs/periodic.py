"""What is to be done again and again: the reaper's round calls it, on every host; so each must be safe to run anywhere.

django-q2's scheduler is not used: it knows half minutes only, and one bad schedule stops all.
"""

from __future__ import annotations

import logging

from django.db import Error
from django.utils.module_loading import import_string

logger = logging.getLogger(__name__)

# Dotted names of functions without arguments, each short: looking, claiming, starting runs.
PERIODIC = ("emails.accounts.schedule.start_due",)


def do_periodic() -> None:
    """Each of them once; one that fails does not stop the others. Raises database errors, at the end."""
    failure: Error | None = None
    for name in PERIODIC:
        try:
            import_string(name)()
        except Error as error:
            failure = error
        except Exception:
            logger.exception("%s failed and is tried again in the next round", name)
    if failure is not None:
        raise failure
