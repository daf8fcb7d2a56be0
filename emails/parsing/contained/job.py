"""One message to be read, and what came of it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from emails.parsing.fingerprint import raw_key
from emails.parsing.parsed import Parsed, Trouble

SHOWN = 100_000  # bytes shown of a message that could not be read


@dataclass(frozen=True)
class Limits:
    """Of one child process, for each message but `memory`, which is the child's address space in bytes."""

    seconds: int = 60
    cpu_seconds: int = 20
    memory: int = 1024 * 1024 * 1024
    size: int = 50 * 1024 * 1024
    """Bytes; of a larger message only the header is read."""


@dataclass
class Job:
    raw: bytes = field(repr=False)
    parsed: Parsed | None = None
    """None until it is done. A caller that knows the message already sets it, and the job passes through unread."""
    key: str = ""
    """See `emails.parsing.fingerprint.dedupe_key`."""
    trouble: str = ""
    whole: bool = True
    """Whether more than the header is to be read."""
    lost: int = 0
    """How many readers ended in the middle of it for no reason of their own."""

    @property
    def done(self) -> bool:
        return self.parsed is not None

    def answer(self, parsed: Parsed, key: str) -> None:
        if self.trouble:
            parsed = replace(parsed, trouble=self.trouble, text=self.shown())
            key = raw_key(self.raw)
        self.parsed, self.key = parsed, key

    def fail(self, trouble: Trouble) -> None:
        """What cannot be read whole is read by its header; what cannot even that is shown as it came."""
        self.trouble = self.trouble or trouble
        if self.whole:
            self.whole, self.lost = False, 0
        else:
            self.parsed, self.key = Parsed(text=self.shown(), trouble=self.trouble), raw_key(self.raw)

    def shown(self) -> str:
        return self.raw[:SHOWN].decode("utf-8", "replace").replace("\x00", "")
