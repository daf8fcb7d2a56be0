"""Which tests run which lines: measured once with coverage, kept in a file, and brought up to date by what changed.

Lines are those of the sources as they were measured; where a source has changed since, they are found again by what
stands around them. Test files that are new or changed are measured anew.
"""

from __future__ import annotations

import difflib
import gzip
import hashlib
import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from coverage import CoverageData

from tests.faults.copies import ROOT, Copy

KEPT = ROOT / "var" / "faults" / "touching.json.gz"
PACKAGES = ("mailai", "emails", "replies")
# What they look at is seen sooner elsewhere, or takes longer than a trial may.
PASSED_OVER = ("tests/e2e/", "tests/bench/", "tests/chaos/", "tests/test_demo.py", "tests/test_faults.py")
CONFIGURATION = """
[run]
source =
    mailai
    emails
    replies
parallel = true
data_file = {folder}/data
context = ${{FAULTS_TEST-}}
patch =
    _exit
    fork
disable_warnings =
    no-data-collected
    module-not-measured
    module-not-imported
    couldnt-parse
"""


@dataclass
class Touching:
    """`lines`: path of a source → line → ids of tests. `through`: the same, by processes that tests started."""

    files: dict[str, str] = field(default_factory=dict)  # test file → its digest
    seconds: dict[str, float] = field(
        default_factory=dict
    )  # id of a test that passed → what it usually takes
    sources: dict[str, str] = field(default_factory=dict)
    lines: dict[str, dict[int, set[str]]] = field(default_factory=dict)
    through: dict[str, dict[int, set[str]]] = field(default_factory=dict)

    def tests_of(self, path: str, lines: Iterable[int]) -> set[str]:
        """Tests that ran one of the lines; with one that did so by another process all of its file, who share it."""
        touched = set().union(*(self.lines.get(path, {}).get(line, ()) for line in lines))
        through = set().union(*(self.through.get(path, {}).get(line, ()) for line in lines))
        sharing = {test.partition("::")[0] for test in through}
        return {test for test in self.seconds if test in touched or test.partition("::")[0] in sharing}

    def save(self) -> None:
        numbers = {test: number for number, test in enumerate(self.seconds)}
        packed = {
            name: {
                path: {
                    line: sorted(numbers[test] for test in tests if test in numbers)
                    for line, tests in by_line.items()
                }
                for path, by_line in getattr(self, name).items()
            }
            for name in ("lines", "through")
        }
        packed |= {"files": self.files, "seconds": self.seconds, "sources": self.sources}
        KEPT.parent.mkdir(parents=True, exist_ok=True)
        KEPT.write_bytes(gzip.compress(json.dumps(packed).encode(), 5))


def load(root: Path = ROOT) -> Touching:
    """What was measured, with lines as they stand now."""
    if not KEPT.exists():
        return Touching()
    packed = json.loads(gzip.decompress(KEPT.read_bytes()))
    tests = list(packed["seconds"])
    touching = Touching(packed["files"], packed["seconds"], packed["sources"])
    for name in ("lines", "through"):
        setattr(
            touching,
            name,
            {
                path: {int(line): {tests[number] for number in numbers} for line, numbers in by_line.items()}
                for path, by_line in packed[name].items()
            },
        )
    follow(touching, root)
    return touching


def follow(touching: Touching, root: Path) -> None:
    """Move what was measured to where the lines are now."""
    for path, before in touching.sources.items():
        now = (root / path).read_text(encoding="utf-8") if (root / path).exists() else ""
        if now == before:
            continue
        moved = moves(before.splitlines(), now.splitlines())
        for by_path in (touching.lines, touching.through):
            by_line: dict[int, set[str]] = defaultdict(set)
            for line, tests in by_path.get(path, {}).items():
                for place in moved.get(line, ()):
                    by_line[place] |= tests
            by_path[path] = by_line
        touching.sources[path] = now


def moves(before: Sequence[str], now: Sequence[str]) -> dict[int, range]:
    """Line → the lines that it is now: itself somewhere else, or all of what it was replaced by."""
    moved: dict[int, range] = {}
    matcher = difflib.SequenceMatcher(None, before, now, autojunk=False)
    for tag, first, last, new_first, new_last in matcher.get_opcodes():
        for line in range(first, last):
            place = new_first + line - first
            moved[line + 1] = (
                range(place + 1, place + 2) if tag == "equal" else range(new_first + 1, new_last + 1)
            )
    return moved


def measure(copy: Copy) -> Touching:
    """Measure test files that are new or changed, a folder at a time; what was measured is kept at once."""
    touching = load(copy.root)
    wanted = {name: digest for name, digest in test_files(copy.root) if touching.files.get(name) != digest}
    folders: dict[str, list[str]] = defaultdict(list)
    for name in wanted:
        folders[str(Path(name).parent)].append(name)
    for folder, names in sorted(folders.items()):
        print(f"measuring {folder}: {len(names)} files", flush=True)  # noqa: T201
        _measure(copy, touching, sorted(names))
        touching.files |= {name: wanted[name] for name in names}
        touching.save()
    return touching


def test_files(root: Path) -> Iterator[tuple[str, str]]:
    for path in sorted((root / "tests").rglob("test_*.py")):
        name = str(path.relative_to(root))
        if not name.startswith(PASSED_OVER):
            yield name, hashlib.sha256(path.read_bytes()).hexdigest()[:16]


def _measure(copy: Copy, touching: Touching, names: list[str]) -> None:
    place = copy.folder / "var" / "measured"
    place.mkdir(parents=True, exist_ok=True)
    for old in place.iterdir():
        old.unlink()
    configuration = place / "coveragerc"
    configuration.write_text(CONFIGURATION.format(folder=place))
    copy.fresh_database()
    _code, said = copy.measured_pytest(
        ["--reuse-db", "--maxfail=1000", *names],
        configuration,
        COVERAGE_PROCESS_START=str(configuration),
        FAULTS_NOTES=str(place / "notes"),
        FAULTS_TEST="",
    )
    print(said[-300:], flush=True)  # noqa: T201
    forget(touching, names)
    notes = [json.loads(line) for line in (place / "notes").read_text().splitlines()]
    passed = {note["test"]: note["seconds"] for note in notes if note["outcome"] == "passed"}
    touching.seconds |= passed
    for file in sorted(place.glob("data.*")):
        data = CoverageData(str(file))
        data.read()
        # That of pytest itself has the contexts of many tests; another process has that of the test that started it.
        add(
            touching.lines if len(data.measured_contexts()) > 2 else touching.through,
            data,
            passed,
            copy.folder,
        )
    for package in PACKAGES:
        for path in (copy.root / package).rglob("*.py"):
            touching.sources[str(path.relative_to(copy.root))] = path.read_text(encoding="utf-8")


def forget(touching: Touching, names: list[str]) -> None:
    gone = {test for test in touching.seconds if test.partition("::")[0] in set(names)}
    for test in gone:
        del touching.seconds[test]
    for by_path in (touching.lines, touching.through):
        for by_line in by_path.values():
            for tests in by_line.values():
                tests -= gone


def add(
    to: dict[str, dict[int, set[str]]], data: CoverageData, passed: dict[str, float], folder: Path
) -> None:
    for name in data.measured_files():
        path = str(Path(name).relative_to(folder)) if name.startswith(f"{folder}/") else name
        for line, contexts in data.contexts_by_lineno(name).items():
            if tests := passed.keys() & set(contexts):
                to.setdefault(path, {}).setdefault(line, set()).update(tests)
