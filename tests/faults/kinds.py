"""The faults that a module can be given, found by its syntax tree: each replaces one piece of its text by another."""

from __future__ import annotations

import ast
import re
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from emails.parsing.names import names
from tests.faults.inert import is_inert, only_for_people

OTHER: dict[type[ast.AST], list[type[ast.AST]]] = {
    ast.Lt: [ast.LtE, ast.Gt],
    ast.LtE: [ast.Lt, ast.GtE],
    ast.Gt: [ast.GtE, ast.Lt],
    ast.GtE: [ast.Gt, ast.LtE],
    ast.Eq: [ast.NotEq],
    ast.NotEq: [ast.Eq],
    ast.In: [ast.NotIn],
    ast.NotIn: [ast.In],
    ast.Is: [ast.IsNot],
    ast.IsNot: [ast.Is],
    ast.And: [ast.Or],
    ast.Or: [ast.And],
    ast.Add: [ast.Sub],
    ast.Sub: [ast.Add],
    ast.Mult: [ast.Div],
    ast.Div: [ast.Mult],
    ast.FloorDiv: [ast.Mult],
    ast.BitAnd: [ast.BitOr],
    ast.BitOr: [ast.BitAnd],
}
# Of a queryset: without one of their arguments, another row is meant.
NARROWING = names(
    "filter exclude get update create get_or_create update_or_create bulk_create aggregate select_for_update Q"
)
# A call of one of these on something may be left out: what it was called on takes its place.
STEPS = names(
    """
    filter exclude of active fenced live due order_by distinct select_for_update strip lower casefold upper
    rstrip lstrip
    """
)
TWINS = {
    "min": "max", "max": "min", "any": "all", "all": "any", "first": "last", "last": "first",
    "startswith": "endswith", "endswith": "startswith",
}  # fmt: skip
CODE = re.compile(r"[a-z][a-z0-9_]*")
CONDITION = re.compile(r"(?m)^[ \t]*AND [^\n]*$")


@dataclass(frozen=True)
class Fault:
    path: str
    line: int
    end_line: int
    function: str
    """What it is in, as Class.method; empty outside of all."""
    kind: str
    before: str
    after: str
    start: int
    end: int
    """Bytes of the module's text that are replaced."""
    text: str

    @property
    def name(self) -> str:
        """The same wherever the line moves to."""
        return f"{self.path} | {self.function} | {self.kind} | {self.before} → {self.after}"

    def put_into(self, source: str) -> str:
        octets = source.encode()
        return (octets[: self.start] + self.text.encode() + octets[self.end :]).decode()


def faults_of(path: str, source: str) -> list[Fault]:
    """Every fault of a module, each once, in the order of its lines."""
    found: dict[tuple[int, int, str], Fault] = {}
    for fault in Finder(path, source).all():
        found.setdefault((fault.start, fault.end, fault.text), fault)
    return sorted(found.values(), key=lambda each: each.start)


def is_possible(fault: Fault, source: str) -> bool:
    """Whether it is Python still, and other Python than it was."""
    try:
        return ast.dump(ast.parse(fault.put_into(source))) != ast.dump(ast.parse(source))
    except SyntaxError:
        return False


class Finder:
    """Walks through a module and says of each node what could be wrong with it."""

    def __init__(self, path: str, source: str) -> None:
        self.path, self.source = path, source
        self.tree = ast.parse(source)
        self.parents = {child: node for node in ast.walk(self.tree) for child in ast.iter_child_nodes(node)}

    @cached_property
    def offsets(self) -> list[int]:
        """Where each line begins, in bytes."""
        offsets = [0]
        for line in self.source.encode().splitlines(keepends=True):
            offsets.append(offsets[-1] + len(line))
        return offsets

    def all(self) -> Iterator[Fault]:
        yield from self._below(self.tree, "")

    def _below(self, node: ast.AST, function: str) -> Iterator[Fault]:
        for name, value in ast.iter_fields(node):
            if name in ("annotation", "returns", "type_params"):
                continue
            for child in value if isinstance(value, list) else [value]:
                if not isinstance(child, ast.AST) or is_inert(child, node):
                    continue
                inside = function
                if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                    inside = f"{function}.{child.name}".lstrip(".")
                for kind, target, text in self._of(child, node):
                    yield self._fault(kind, target, text, function)
                yield from self._below(child, inside)

    def _fault(self, kind: str, node: ast.AST, text: str, function: str) -> Fault:
        start = self.offsets[node.lineno - 1] + node.col_offset  # type: ignore[attr-defined]
        end = self.offsets[node.end_lineno - 1] + node.end_col_offset  # type: ignore[attr-defined]
        if kind == "decorator left out":
            start -= 1  # the @
        before = " ".join(self.source.encode()[start:end].decode().split())
        after = " ".join(text.split())
        return Fault(
            self.path, node.lineno, node.end_lineno, function, kind, short(before), short(after), start, end, text  # type: ignore[attr-defined]
        )  # fmt: skip

    def _of(self, node: ast.AST, parent: ast.AST) -> Iterator[tuple[str, ast.AST, str]]:
        """What can be wrong with this node itself: kind, what is replaced, by which text."""
        for kind, target, new in self._expressions(node, parent):
            yield kind, target, f"({ast.unparse(new)})"
        yield from self._statements(node, parent)

    def _expressions(self, node: ast.AST, parent: ast.AST) -> Iterator[tuple[str, ast.AST, ast.AST]]:
        match node:
            case ast.If() | ast.While() | ast.IfExp():
                yield from negated(node.test)
            case ast.comprehension():
                for condition in node.ifs:
                    yield "condition left out", condition, ast.Constant(True)
            case ast.Compare():
                for place, operator in enumerate(node.ops):
                    for other in OTHER.get(type(operator), []):
                        ops = [*node.ops[:place], other(), *node.ops[place + 1 :]]
                        yield "comparison", node, ast.Compare(node.left, ops, node.comparators)  # type: ignore[arg-type]
            case ast.BoolOp():
                yield "and, or", node, ast.BoolOp(OTHER[type(node.op)][0](), node.values)  # type: ignore[arg-type]
                for left_out in node.values:
                    rest = [value for value in node.values if value is not left_out]
                    new = ast.BoolOp(node.op, rest) if len(rest) > 1 else rest[0]
                    yield "condition left out", node, new
            case ast.UnaryOp(op=ast.Not() | ast.Invert() | ast.USub()):
                yield "not left out", node, node.operand
            case ast.BinOp():
                yield from arithmetic(node)
            case ast.Call():
                yield from calls(node)
            case ast.Constant():
                for value in constants(node, parent):
                    yield "constant", node, ast.Constant(value)
            case ast.Tuple(ctx=ast.Load()) | ast.List(ctx=ast.Load()) | ast.Set() if len(node.elts) > 1:
                if not isinstance(
                    parent, ast.Return | ast.Assign | ast.For | ast.Subscript | ast.Yield
                ) or all(isinstance(each, ast.Constant) for each in node.elts):
                    for place in {0, len(node.elts) - 1}:
                        rest = [*node.elts[:place], *node.elts[place + 1 :]]
                        yield "element left out", node, type(node)(rest)
            case ast.Dict() if len(node.keys) > 1:
                for place in {0, len(node.keys) - 1}:
                    keys = [*node.keys[:place], *node.keys[place + 1 :]]
                    values = [*node.values[:place], *node.values[place + 1 :]]
                    yield "element left out", node, ast.Dict(keys, values)
            case ast.Subscript(slice=ast.Slice(), ctx=ast.Load()):
                yield "slice left out", node, node.value
            case ast.ExceptHandler(type=ast.expr()):
                if ast.unparse(node.type) not in ("Exception", "BaseException"):
                    yield "except widened", node.type, ast.Name("Exception")

    def _statements(self, node: ast.AST, parent: ast.AST) -> Iterator[tuple[str, ast.AST, str]]:
        match node:
            case ast.Expr(value=ast.Call() | ast.Await()) | ast.Raise() | ast.AugAssign() | ast.Delete():
                yield "statement left out", node, "pass"
            case ast.Continue() | ast.Break():
                yield "statement left out", node, "pass"
            case ast.Return(value=ast.expr()) if not isinstance(node.value, ast.Constant):
                if self._is_early(node):
                    yield "return left out", node, "pass"
                else:
                    yield "result left out", node, "return None"
            case ast.Return() if self._is_early(node):
                yield "return left out", node, "pass"
            case ast.Assign(targets=[target]):
                again = isinstance(target, ast.Name) and any(
                    isinstance(each, ast.Name) and each.id == target.id for each in ast.walk(node.value)
                )
                if isinstance(target, ast.Attribute | ast.Subscript) or again:
                    yield "assignment left out", node, "pass"
            case ast.With(items=[ast.withitem(context_expr=context, optional_vars=None)]):
                body = "\n".join(ast.unparse(each) for each in node.body)
                indented = textwrap.indent(body, " " * (node.col_offset + 4))
                yield f"without {ast.unparse(context)}", node, f"if True:\n{indented}"
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                for decorator in node.decorator_list:
                    if ast.unparse(decorator).partition("(")[0] not in HARMLESS:
                        yield "decorator left out", decorator, ""

    def _is_early(self, node: ast.AST) -> bool:
        """Whether something follows it that then runs instead."""
        while not isinstance(
            parent := self.parents[node], ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda
        ):
            body = getattr(parent, "body", [])
            if isinstance(body, list) and node in body and node is not body[-1]:
                return True
            node = parent
        return node is not parent.body[-1] if isinstance(parent.body, list) else False


HARMLESS = frozenset(("property", "staticmethod", "classmethod", "dataclass", "overload", "abstractmethod"))


def negated(test: ast.expr) -> Iterator[tuple[str, ast.AST, ast.AST]]:
    """Not where another fault says the same."""
    simple = isinstance(test, ast.Compare) and len(test.ops) == 1
    if isinstance(test, ast.Constant | ast.UnaryOp) or (
        simple and len(OTHER.get(type(test.ops[0]), [])) == 1
    ):  # type: ignore[attr-defined]
        return
    yield "condition turned round", test, ast.UnaryOp(ast.Not(), test)


def arithmetic(node: ast.BinOp) -> Iterator[tuple[str, ast.AST, ast.AST]]:
    """Texts and lists are put together by `+` as well; turned into a difference they are seen at once, so not these."""
    sides = (node.left, node.right)
    if any(
        isinstance(side, ast.JoinedStr | ast.List | ast.Tuple | ast.Dict) or is_text(side) for side in sides
    ):
        return
    for other in OTHER.get(type(node.op), []):
        yield "operator", node, ast.BinOp(node.left, other(), node.right)  # type: ignore[arg-type]
    if isinstance(node.op, ast.BitAnd | ast.BitOr):
        yield "condition left out", node, node.left
        yield "condition left out", node, node.right


def calls(node: ast.Call) -> Iterator[tuple[str, ast.AST, ast.AST]]:
    name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
    if name in NARROWING:
        for keyword in node.keywords:
            if not only_for_people(keyword):
                rest = [each for each in node.keywords if each is not keyword]
                yield "argument left out", node, ast.Call(node.func, node.args, rest)
        for argument in node.args:
            rest_of_them = [each for each in node.args if each is not argument]
            yield "argument left out", node, ast.Call(node.func, rest_of_them, node.keywords)
    if name in STEPS and isinstance(node.func, ast.Attribute) and not isinstance(node.func.value, ast.Name):
        yield "step left out", node, node.func.value
    if name in TWINS:
        if isinstance(node.func, ast.Attribute):
            yield (
                "twin",
                node,
                ast.Call(ast.Attribute(node.func.value, TWINS[name]), node.args, node.keywords),
            )
        elif not any(each.arg == "default" for each in node.keywords) or name in ("min", "max"):
            yield "twin", node, ast.Call(ast.Name(TWINS[name]), node.args, node.keywords)


def constants(node: ast.Constant, parent: ast.AST) -> Iterator[object]:
    value = node.value
    if isinstance(value, bool):
        yield not value
    elif isinstance(value, int | float):
        small = isinstance(value, int) and value <= 3
        yield value + 1 if small else value * 2
        if value:
            yield value - 1 if small else type(value)(value / 2)
    elif isinstance(value, str):
        if isinstance(parent, ast.Compare | ast.keyword | ast.Return | ast.Call) and CODE.fullmatch(value):
            yield f"{value}x"
        for condition in CONDITION.finditer(value):
            if condition[0].count("(") == condition[0].count(")"):
                yield value[: condition.start()] + value[condition.end() :]


def is_text(node: ast.AST) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str | bytes)


def short(text: str, most: int = 110) -> str:
    return text if len(text) <= most else f"{text[: most // 2]} … {text[-most // 2 :]}"
