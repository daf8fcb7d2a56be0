"""What of a module cannot change what it does, or only how it words something: no fault is put there."""

from __future__ import annotations

import ast

LOGS = frozenset(("logger", "logging", "warnings"))
WORDS = frozenset(("_", "gettext", "gettext_lazy", "ngettext", "ngettext_lazy", "pgettext", "pgettext_lazy"))
# How much is read at once, or in advance, and from where; not what.
SPARING = frozenset(("only", "defer", "select_related", "prefetch_related", "iterator", "cached_property"))
FOR_PEOPLE = frozenset(
    ("verbose_name", "verbose_name_plural", "help_text", "label", "short_description", "title")
)
SHOWN = frozenset(("__str__", "__repr__"))
TYPES = frozenset(("TypeVar", "ParamSpec", "NewType", "cast"))


def is_inert(node: ast.AST, parent: ast.AST) -> bool:
    match node:
        case ast.Import() | ast.ImportFrom() | ast.Pass() | ast.Global() | ast.Nonlocal():
            return True
        case ast.Expr(value=ast.Constant()):  # a docstring
            return True
        case ast.FunctionDef() | ast.AsyncFunctionDef():
            return node.name in SHOWN
        case ast.ClassDef():
            return node.name == "Meta" or any(
                ast.unparse(base).endswith(("Protocol", "TypedDict")) for base in node.bases
            )
        case ast.Call():
            return root_of(node.func) in LOGS or name_of(node.func) in WORDS | SPARING | TYPES
        case ast.Expr(value=ast.Call(func=function)):
            return root_of(function) in LOGS
        case ast.keyword():
            return only_for_people(node)
        case ast.If(test=test):
            return ast.unparse(test) in ("TYPE_CHECKING", "__name__ == '__main__'")
        case ast.Assign(targets=[ast.Name(id=name)]):
            return name == "__all__" or (
                isinstance(parent, ast.ClassDef) and is_declaration(node.value, parent)
            )
        case ast.AnnAssign(value=value):
            return isinstance(parent, ast.ClassDef) and (value is None or is_declaration(value, parent))
        case ast.Subscript(value=ast.Name(id="Callable" | "dict" | "list" | "tuple" | "type" | "QuerySet")):
            return True  # a type
        case ast.JoinedStr():  # its pieces are text; faults in what it calls are seen by the texts' own tests
            return True
    return False


def only_for_people(keyword: ast.keyword) -> bool:
    return keyword.arg in FOR_PEOPLE


def is_declaration(value: ast.expr, parent: ast.ClassDef) -> bool:
    """A column or a choice: what the database has of it comes from the migrations, whatever the class says."""
    if any("Choices" in ast.unparse(base) for base in parent.bases):
        return True
    return isinstance(value, ast.Call) and (
        root_of(value.func) in ("models", "forms") or name_of(value.func).endswith(("Field", "as_manager"))
    )


def root_of(function: ast.AST) -> str:
    while isinstance(function, ast.Attribute | ast.Call):
        function = function.value if isinstance(function, ast.Attribute) else function.func
    return function.id if isinstance(function, ast.Name) else ""


def name_of(function: ast.AST) -> str:
    return function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")
