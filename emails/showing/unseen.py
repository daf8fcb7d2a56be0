"""Characters that nobody sees, taken out of what a model reads: instructions can hide in them."""

from __future__ import annotations

import re

# Zero width, direction marks, fillers, tags (which spell ASCII), variation selectors that carry bytes. The joiners
# U+200C and U+200D stay where letters stand around them: Persian, Hindi and emoji need them.
UNSEEN = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\u3164"
    "\ufeff\uffa0\ufff9-\ufffb\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
    "|(?<![^\\s\u200c\u200d])[\u200c\u200d]+|[\u200c\u200d]+(?=\\s|$|[\u200c\u200d])"
)


def without_unseen(text: str) -> str:
    return UNSEEN.sub("", text)
