"""What was measured, beside Celery's value and the target."""

from __future__ import annotations

from dataclasses import dataclass, field

from tests.bench.scene import say


@dataclass(frozen=True)
class Verdict:
    name: str
    unit: str
    ours: float
    theirs: float | None
    judged: float | None
    """What is compared with the target: the ratio, or our value; None if Celery's is not known."""
    target: str
    missed: bool

    def __str__(self) -> str:
        theirs = "–" if self.theirs is None else f"{self.theirs:.2f}"
        ratio = "–" if not self.theirs else f"{self.ours / self.theirs:.2f}×"
        end = (
            ""
            if not self.target
            else "not judged"
            if self.judged is None
            else "MISSED"
            if self.missed
            else "met"
        )
        return f"{self.name:<46}{self.ours:>9.2f}{theirs:>9} {self.unit:<5}{ratio:>7}  {self.target:<8}{end}"


@dataclass
class Verdicts:
    all: list[Verdict] = field(default_factory=list)

    def ratio(
        self,
        name: str,
        unit: str,
        ours: float | None,
        theirs: float | None,
        most: float | None = None,
        least: float | None = None,
    ) -> None:
        """A target of so many times Celery's value."""
        if ours is not None:
            judged = ours / theirs if theirs else None
            self._add(name, unit, ours, theirs, judged, most, least, "×")

    def value(
        self, name: str, unit: str, ours: float, theirs: float | None = None, most: float | None = None
    ) -> None:
        """A target for our value itself."""
        self._add(name, unit, ours, theirs, ours, most, None, "")

    def _add(
        self,
        name: str,
        unit: str,
        ours: float,
        theirs: float | None,
        judged: float | None,
        most: float | None,
        least: float | None,
        times: str,
    ) -> None:
        target = (
            f"≤ {most:.2f}{times}"
            if most is not None
            else f"≥ {least:.2f}{times}"
            if least is not None
            else ""
        )
        missed = judged is not None and (
            (most is not None and judged > most) or (least is not None and judged < least)
        )
        self.all.append(Verdict(name, unit, ours, theirs, judged, target, missed))

    def tell(self) -> int:
        """Prints the table; 1 if a target was missed."""
        say()
        say(f"{'':<46}{'ours':>9}{'Celery':>9} {'':<5}{'ratio':>7}  target")
        for verdict in self.all:
            say(str(verdict))
        missed = [verdict.name for verdict in self.all if verdict.missed]
        say()
        say(f"MISSED: {'; '.join(missed)}" if missed else "every target that could be judged is met")
        return int(bool(missed))
