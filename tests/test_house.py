"""The rules of the house that a reader relies on: which way imports go, and that every module stays small."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGES = ("mailai", "emails", "replies")
NO_ORM = (
    "emails.parsing",
    "emails.prompts",
    "emails.threading.jwz",
    "emails.threading.subjects",
    "emails.showing",
    "replies.prompt",
    "replies.composing",
    "mailai.ai.local",
    "mailai.ai.language",
    "mailai.ai.quoting",
    "mailai.ai.question",
    "mailai.ai.schemas",
    "mailai.ai.fence",
    "mailai.ai.answers",
    "mailai.ai.errors",
    "mailai.ai.client",
    "mailai.ai.fake",
)
VENDORS = ("mailai.ai.client", "mailai.ai.transport", "mailai.ai.vendor_errors", "mailai.ai.reply")
ASKING = ("mailai.ai.client", "mailai.ai.calls", "mailai.ai.local", "mailai.ai.transport")
# Where no row of ours has a part in it: a default that is one of the database's, a date in a stranger's words.
HOSTS_CLOCK = {
    "mailai.postgres.defaults",
    "mailai.ai.vendor_errors",
    "emails.parsing.message",
    "emails.evaluation",
}
ORM = (
    "django.db",
    "django.contrib",
    "emails.models",
    "replies.models",
    "mailai.ai.models",
    "mailai.runs.models",
)


def modules() -> dict[str, Path]:
    """Every module of ours by its dotted name."""
    found = {}
    for package in PACKAGES:
        for path in (ROOT / package).rglob("*.py"):
            parts = path.relative_to(ROOT).with_suffix("").parts
            found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


def imports(path: Path) -> Iterator[str]:
    """Dotted names of what a module imports, also inside functions: `from a import b` is both a and a.b."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: imports are absolute"
            yield node.module or ""
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


MODULES = modules()
IMPORTS = {name: set(imports(path)) for name, path in MODULES.items()}


def within(name: str, *packages: str) -> bool:
    return any(name == package or name.startswith(f"{package}.") for package in packages)


def breaches(importers: list[str], *forbidden: str) -> list[str]:
    return [
        f"{importer} imports {name}"
        for importer in importers
        for name in sorted(IMPORTS[importer])
        if within(name, *forbidden)
    ]


def reached(start: str) -> set[str]:
    """Everything of ours that is loaded when `start` is, and what that imports."""
    seen: set[str] = set()
    todo = [start]
    while todo:
        name = todo.pop()
        if name in IMPORTS and name not in seen:
            seen.add(name)
            todo += IMPORTS[name]
    return seen | {name for module in seen for name in IMPORTS[module]}


def test_it_looks_at_the_whole_house():
    assert {"mailai.runs.models", "emails.views.press", "replies.prompt", "mailai.ai.client"} <= set(MODULES)
    assert "openai" in IMPORTS["mailai.ai.client"]


def test_it_imports_downward_only():
    assert not breaches([name for name in MODULES if within(name, "mailai")], "emails", "replies")
    assert not breaches([name for name in MODULES if within(name, "emails")], "replies")


def test_it_keeps_the_vendor_in_the_client():
    others = [name for name in MODULES if name not in VENDORS]

    assert not breaches(others, "openai", "httpx", "httpx2", "httpcore", "requests", "anthropic")


def test_it_asks_no_model_in_a_view():
    views = [
        name
        for name in MODULES
        if name.endswith((".views", ".urls", ".forms", ".admin")) or ".views." in name
    ]

    assert len(views) > 8
    assert not breaches(views, *ASKING)


@pytest.mark.parametrize("package", NO_ORM)
def test_it_keeps_text_work_free_of_the_database(package):
    pure = [name for name in MODULES if within(name, package)]

    assert pure
    for name in pure:
        loaded = {each for each in reached(name) if within(each, *ORM)}
        assert not loaded, f"{name} leads to {sorted(loaded)}"


def test_it_has_no_signals_and_no_imports_inside_functions():
    for name, path in MODULES.items():
        assert not [
            each for each in IMPORTS[name] if within(each, "django.dispatch", "django.db.models.signals")
        ], name
        for function in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(function, ast.FunctionDef):
                inner = [node for node in ast.walk(function) if isinstance(node, ast.Import | ast.ImportFrom)]
                assert not inner, f"{name}.{function.name} imports inside"


def test_it_takes_the_time_from_the_database():
    """A host whose clock is wrong decides nothing: Now() in a statement, clock.now() beside one."""
    asking = {
        name
        for name, path in MODULES.items()
        if ".migrations" not in name
        and any(
            isinstance(node, ast.Attribute)
            and node.attr in ("now", "utcnow")
            and ast.unparse(node) != "clock.now"
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        )
    }

    assert asking == HOSTS_CLOCK, "take mailai.postgres.clock, or Now() in a statement"


def test_it_names_no_module_after_nothing():
    empty = {"utils", "helpers", "helper", "manager", "managers", "services", "common", "misc", "handlers"}

    assert not [name for name in MODULES if name.rsplit(".", 1)[-1] in empty]


def test_it_keeps_modules_short():
    lengths = {
        name: len(path.read_text(encoding="utf-8").splitlines())
        for name, path in MODULES.items()
        if ".migrations" not in name and path.name != "__init__.py"
    }

    assert max(lengths.values()) <= 300, max(lengths, key=lambda name: lengths[name])
    assert sorted(lengths.values())[len(lengths) // 2] < 80
