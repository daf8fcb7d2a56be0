"""Words too long for a line, with places at which a browser may break them: it looks for one in all of a word else."""

from __future__ import annotations

import re

LONGEST = 120  # characters
STRETCH = re.compile(rf"<[^>]*>|(?:[^\s<>&]|&#?\w{{1,10}};){{{LONGEST}}}(?=[^\s<])")


def with_breaks(html: str) -> str:
    """Escaped text, with tags or without, that says the same."""
    return STRETCH.sub(lambda found: found[0] if found[0].startswith("<") else f"{found[0]}<wbr>", html)
