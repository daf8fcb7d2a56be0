"""What `check --deploy` looks at on this machine before mail is read on it."""

from __future__ import annotations

import subprocess
from typing import Any

from django.core.checks import CheckMessage, Error, Warning

from emails.parsing.contained.job import Limits
from emails.parsing.contained.reader import missing_walls


def confinement(**_options: Any) -> list[CheckMessage]:
    """Whether a process that reads mail can be started here, and shut in."""
    try:
        missing = missing_walls(Limits())
    except (OSError, ValueError, subprocess.SubprocessError) as error:
        return [Error(f"The process that reads mail does not start: {error}.", id="mailai.E020")]
    if not missing:
        return []
    return [
        Warning(
            f"This system lacks {' and '.join(missing)}: a message that takes its reader over is held by less.",
            hint="Use Linux 5.13 or later, and a container whose profile lets a process confine itself.",
            id="mailai.W020",
        )
    ]
