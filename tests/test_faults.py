"""The command that puts faults in: what it finds to change, what it leaves alone, and what it calls caught."""

from __future__ import annotations

import ast
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.copies import ROOT, Copy
from tests.faults.kinds import Fault, faults_of, is_possible
from tests.faults.places import AREAS, LEFT_OUT, chosen, modules
from tests.faults.report import equivalents, wilson
from tests.faults.touching import Touching, moves
from tests.faults.trying import Trials, candidates, fitting

MODULE = '''
"""Says things."""

MOST = 100


def saved(user, pk, text):
    """What is saved."""
    if len(text) > MOST and not user.is_root:
        raise ValueError(text)
    logger.warning("saving %s", pk)
    Draft.objects.filter(pk=pk, user=user).update(text=text.strip())
    return _("Saved."), pk + 1


def counted(numbers):
    total = 0
    while numbers:
        total += numbers.pop()
    return total
'''
TESTS = """
from house.module import counted


def test_it_counts():
    assert counted([1, 2]) == 3


def test_it_fails_whatever_happens():
    assert counted([]) == 1
"""


def texts(source: str = MODULE) -> set[str]:
    return {f"{fault.before} → {fault.after}" for fault in faults_of("house/module.py", source)}


def test_it_finds_what_can_be_wrong():
    found = texts()

    assert "Draft.objects.filter(pk=pk, user=user) → (Draft.objects.filter(user=user))" in found
    assert "Draft.objects.filter(pk=pk, user=user) → (Draft.objects.filter(pk=pk))" in found
    assert "len(text) > MOST → (len(text) >= MOST)" in found
    assert "len(text) > MOST and not user.is_root → (len(text) > MOST or not user.is_root)" in found
    assert "len(text) > MOST and not user.is_root → (len(text) > MOST)" in found
    assert "not user.is_root → (user.is_root)" in found
    assert "raise ValueError(text) → pass" in found
    assert "text.strip() → (text)" not in found  # of a name: what is left would be the same for most
    assert "pk + 1 → (pk - 1)" in found
    assert "100 → (200)" in found


def test_it_finds_what_stands_around_statements():
    found = texts(
        "@login_required\ndef view(request, most=5):\n    with transaction.atomic():\n        save()\n"
        "    try:\n        send()\n    except (KeyError, OSError):\n        raise\n"
        "    return sorted(rows)[:most]\n"
    )

    assert "@login_required → " in found
    assert "5 → (10)" in found
    assert "with transaction.atomic(): save() → if True: save()" in found
    assert "(KeyError, OSError) → (Exception)" in found
    assert "(KeyError, OSError) → ((KeyError,))" in found
    assert "sorted(rows)[:most] → (sorted(rows))" in found


def test_it_leaves_alone_what_only_words_something():
    changed = [fault.before for fault in faults_of("house/module.py", MODULE)]

    assert not [piece for piece in changed if "Says" in piece or "What is" in piece or "logger" in piece]
    assert '"Saved."' not in changed


def test_it_takes_conditions_out_of_statements_to_the_database():
    (fault,) = faults_of("m.py", 'TAKE = """\nSELECT 1 FROM t\nWHERE a = 1\n    AND b = 2\n"""')

    assert "a = 1" in fault.text
    assert "b = 2" not in fault.text


def test_what_it_changes_is_python_still():
    for fault in faults_of("house/module.py", MODULE):
        if is_possible(fault, MODULE):
            ast.parse(fault.put_into(MODULE))


def test_it_chooses_the_same_for_a_seed_and_no_line_twice():
    paths = modules(["access"])
    some = chosen(paths, 20, 3)

    assert [fault.name for fault in some] == [fault.name for fault in chosen(paths, 20, 3)]
    assert [fault.name for fault in some] != [fault.name for fault in chosen(paths, 20, 4)]
    assert len({(fault.path, fault.line) for fault in some}) == 20


def test_every_area_and_every_exception_is_there():
    paths = [str(path.relative_to(ROOT)) for path in ROOT.rglob("*.py") if ".venv" not in path.parts]

    for start in [start for starts in AREAS.values() for start in starts]:
        assert any(path.startswith(start) for path in paths), start
    for part in LEFT_OUT:
        assert any(part in path for path in paths), part


def test_each_equivalent_has_its_reason_and_is_still_there():
    for name, reason in equivalents().items():
        assert reason, name
        path = name.partition(" | ")[0]
        faults = faults_of(path, (ROOT / path).read_text(encoding="utf-8"))
        assert name in {fault.name for fault in faults}, f"no fault any more: {name}"


def test_its_interval_is_wilsons():
    low, high = wilson(171, 219)

    assert (round(low, 3), round(high, 3)) == (0.721, 0.831)
    assert wilson(0, 0) == (0, 1)


def test_it_follows_lines_that_moved():
    moved = moves(["a", "b", "c", "d"], ["new", "a", "b", "x", "y", "d"])

    assert (list(moved[1]), list(moved[3]), list(moved[4])) == ([2], [4, 5], [6])


@pytest.fixture
def house(tmp_path: Path) -> Iterator[Trials]:
    """A copy of a small tree without a database, and which of its tests run which lines."""
    root, folder = tmp_path / "root", tmp_path / "copies" / "one"
    for name, text in {"house/module.py": MODULE, "house/__init__.py": "", "test_house.py": TESTS}.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    subprocess.run(["git", "init", "-q", root], check=True)  # noqa: S607
    touching = Touching(seconds={"test_house.py::test_it_counts": 0.1})
    touching.lines["house/module.py"] = {line: set(touching.seconds) for line in range(18, 22)}
    copy = Bare(folder, root)
    yield Trials(copy, touching, 60)
    copy.close()


class Bare(Copy):
    def fresh_database(self) -> None:
        """It has none."""

    def pytest(self, arguments, seconds, **environment):
        arguments = [each for each in arguments if each != "--reuse-db"]
        lean = [f"-pno:{name}" for name in ("django", "playwright", "hypothesispytest", "base_url", "anyio")]
        return super().pytest([*lean, *arguments], seconds, PYTHONPATH=str(ROOT), **environment)


def the_fault(before: str, after: str) -> Fault:
    return next(f for f in faults_of("house/module.py", MODULE) if (f.before, f.after) == (before, after))


def test_it_tells_what_is_caught_from_what_survives(house: Trials):
    assert house.of(the_fault("return total", "return None")).caught_by == "test_house.py::test_it_counts"
    survived = house.of(the_fault("pk + 1", "(pk - 1)"))
    assert (survived.caught_by, survived.ran) == ("", ["test_house.py::test_it_counts"])
    assert (house.copy.folder / "house/module.py").read_text() == MODULE


def test_an_endless_loop_is_caught(house: Trials):
    house.setting_up = 3

    caught = house.of(the_fault("total += numbers.pop()", "pass"))  # numbers never gets empty

    assert "no end" in caught.caught_by


def test_a_test_that_fails_without_the_fault_catches_nothing(house: Trials):
    house.touching.seconds["test_house.py::test_it_fails_whatever_happens"] = 0.05
    house.touching.lines["house/module.py"][18] = set(house.touching.seconds)

    verdict = house.of(the_fault("0", "(1)"))

    assert verdict.caught_by == "test_house.py::test_it_counts"


def test_it_takes_the_tests_that_run_the_line_else_those_of_the_module(house: Trials):
    house.touching.seconds["test_other.py::test_saving"] = 1
    house.touching.lines["house/module.py"][9] = {"test_other.py::test_saving"}

    near = candidates(the_fault("len(text) > MOST", "(len(text) >= MOST)"), house.touching, house.copy.root)
    elsewhere = candidates(the_fault("pk + 1", "(pk - 1)"), house.touching, house.copy.root)

    assert near == elsewhere == {"test_other.py::test_saving"}
    assert candidates(the_fault("100", "(200)"), house.touching, house.copy.root) == near
    assert fitting(["test_house.py::test_it_counts", "test_other.py::test_saving"], house.touching, 0.5) == [
        "test_house.py::test_it_counts"
    ]


def test_a_test_that_was_renamed_since_is_left_out(house: Trials):
    gone = "test_house.py::test_it_was_called_so[x-1]"
    house.touching.seconds[gone] = 0.01
    house.touching.lines["house/module.py"][21].add(gone)

    assert house.of(the_fault("return total", "return None")).caught_by == "test_house.py::test_it_counts"
