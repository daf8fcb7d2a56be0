"""One fault at a time, put into a copy of the tree: does a test fail?"""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from tests.faults.copies import Copy
from tests.faults.kinds import Fault
from tests.faults.touching import PACKAGES, Touching

QUICK = 6.0  # usual seconds of the tests that are tried first
SETTING_UP = 60.0  # seconds that a trial may take beside its tests
SLOWER = 6.0  # times as long as usual: then it is an endless loop, on a busy machine too
SIMPLE = (
    ast.Expr, ast.Assign, ast.AugAssign, ast.AnnAssign, ast.Return, ast.Raise, ast.Delete, ast.Assert, ast.Pass,
    ast.Continue, ast.Break,
)  # fmt: skip
DEFINED = re.compile(r"\s*(?:def |self\.|cls\.)?(\w+)\s*(?:\(|(?::[^=]+)?=)")
NOT_FOUND = re.compile(r"(?m)^ERROR: not found: (.*)$")
FUNCTION = (ast.FunctionDef, ast.AsyncFunctionDef)


@dataclass
class Verdict:
    fault: Fault
    caught_by: str = ""
    """A test, or that it took too long, or that nothing could be imported; empty: it survived."""
    ran: list[str] = field(default_factory=list)


class Trials:
    """All that is tried in one copy. `most`: usual seconds of the tests that a fault is tried with."""

    def __init__(self, copy: Copy, touching: Touching, most: float, setting_up: float = SETTING_UP) -> None:
        self.copy, self.touching, self.most, self.setting_up = copy, touching, most, setting_up
        self._sound: set[str] = set()
        self._unsound: set[str] = set()

    def of(self, fault: Fault) -> Verdict:
        self.copy.write(fault.path, fault.put_into(self.copy.original(fault.path)))
        try:
            return self._verdict(fault)
        finally:
            self.copy.restore(fault.path)

    def _verdict(self, fault: Fault) -> Verdict:
        verdict = Verdict(fault)
        while (tests := self._next(fault, verdict.ran)) and not verdict.caught_by:
            usual = sum(self.touching.seconds[test] for test in tests)
            code, failed, said = self._run(tests, self.setting_up + SLOWER * usual)
            gone = {name.removeprefix(f"{self.copy.folder}/") for name in NOT_FOUND.findall(said)}
            if renamed := {test for test in tests if test.partition("[")[0] in gone}:
                self._unsound |= renamed  # since it was measured
                continue
            if code is None:
                verdict.caught_by = f"no end within {self.setting_up + SLOWER * usual:.0f} s"
            elif failed and not self._is_sound(failed, fault):
                self._unsound.add(failed)  # it fails without the fault, too: it cannot tell anything
                continue
            elif code:
                verdict.caught_by = failed or said.strip().splitlines()[-1]
            verdict.ran += tests
        return verdict

    def _next(self, fault: Fault, ran: list[str]) -> list[str]:
        """The quickest tests first, then all the others that fit."""
        tests = [
            test for test in candidates(fault, self.touching, self.copy.root) if test not in self._unsound
        ]
        tests.sort(key=lambda test: (self.touching.seconds[test], test))
        first = fitting(tests, self.touching, QUICK)
        return (
            first
            if not ran
            else [test for test in fitting(tests, self.touching, self.most) if test not in ran]
        )

    def _run(self, tests: list[str], seconds: float) -> tuple[int | None, str, str]:
        """Exit code, the test that failed, and the last of what was said."""
        notes = self.copy.folder / "var" / "notes"
        notes.parent.mkdir(exist_ok=True)
        notes.write_text("")
        listed = self.copy.folder / "var" / "tests"
        listed.write_text("\n".join(tests))
        self.copy.fresh_database()
        code, said = self.copy.pytest(["--reuse-db", f"@{listed}"], seconds, FAULTS_NOTES=str(notes))
        told = [json.loads(line) for line in notes.read_text().splitlines()]
        failed = next((each["test"] for each in told if each["outcome"] == "failed"), "")
        return code, failed, said[-20_000:]

    def _is_sound(self, test: str, fault: Fault) -> bool:
        """Whether it passes without the fault."""
        if test not in self._sound:
            self.copy.restore(fault.path)
            if self._run([test], self.setting_up + SLOWER * self.touching.seconds[test])[0] == 0:
                self._sound.add(test)
            self.copy.write(fault.path, fault.put_into(self.copy.original(fault.path)))
        return test in self._sound


def fitting(tests: Iterable[str], touching: Touching, seconds: float) -> list[str]:
    """The first of them that take no longer in all, one at least."""
    fit: list[str] = []
    for test in tests:
        seconds -= touching.seconds[test]
        if fit and seconds < 0:
            break
        fit.append(test)
    return fit


def candidates(fault: Fault, touching: Touching, root: Path) -> set[str]:
    """Those that run the statement; where none does, its function; else whatever runs a line of its module."""
    for lines in near(fault, root):
        tests: set[str] = set()
        for path, numbers in lines.items():
            tests |= touching.tests_of(path, numbers)
        if tests:
            return tests
    return set()


def near(fault: Fault, root: Path) -> Iterable[dict[str, Iterable[int]]]:
    source = (root / fault.path).read_text(encoding="utf-8")
    tree = ast.parse(source)
    whole = {fault.path: range(1, len(source.splitlines()) + 1)}
    function = innermost(tree, fault, FUNCTION)
    statement = innermost(tree, fault, SIMPLE)
    if function is not None and any("cache" in ast.unparse(each) for each in function.decorator_list):
        return [
            users(fault, source, function, root),
            whole,
        ]  # run by the first test alone that needed its answer
    if function is None:  # run by no test, only once when it is imported: then what uses its name counts
        return [users(fault, source, statement, root), whole]
    body = range(function.body[0].lineno, function.end_lineno + 1)  # type: ignore[attr-defined]
    if fault.line < function.body[0].lineno:  # type: ignore[attr-defined] - a decorator, a default
        return [{fault.path: body}, whole]
    if statement is not None and statement.lineno >= function.body[0].lineno:  # type: ignore[attr-defined]
        own = range(statement.lineno, statement.end_lineno + 1)  # type: ignore[attr-defined]
    else:  # the head of an if, a loop, a with
        own = range(fault.line, fault.line + 1)
    return [{fault.path: own}, {fault.path: body}, whole]


def innermost(tree: ast.Module, fault: Fault, kinds: tuple[type[ast.AST], ...]) -> ast.AST | None:
    """The smallest node of these kinds that the fault lies in, decorators included."""
    around = [
        node
        for node in ast.walk(tree)
        if isinstance(node, kinds) and begin(node) <= fault.line and fault.end_line <= node.end_lineno  # type: ignore[attr-defined]
    ]
    return min(around, key=lambda node: node.end_lineno - begin(node), default=None)  # type: ignore[attr-defined]


def begin(node: ast.AST) -> int:
    return min([node.lineno, *(each.lineno for each in getattr(node, "decorator_list", []))])  # type: ignore[attr-defined]


def users(fault: Fault, source: str, statement: ast.AST | None, root: Path) -> dict[str, Iterable[int]]:
    """Lines anywhere that name what the statement defines."""
    line = getattr(statement, "lineno", fault.line)
    defined = DEFINED.match(source.splitlines()[line - 1])
    if defined is None:
        return {}
    named = re.compile(rf"\b{defined[1]}\b")
    short = len(defined[1]) < 5  # hardly its own: only where it stands
    places = [root / fault.path] if short else [p for name in PACKAGES for p in (root / name).rglob("*.py")]
    return {
        str(path.relative_to(root)): [
            number
            for number, text in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
            if named.search(text)
        ]
        for path in places
    }
