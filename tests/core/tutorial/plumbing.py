"""How much of a plugin only wires: docs/architecture.md says what counts, "How much of a plugin is plumbing".

Counted are lines of code: no imports, no blank lines, comments or docstrings, no lines of brackets alone. Plumbing are

- decorators, and the heads of functions that have one (hooks, views): they only hang something up;
- calls that make a blueprint or add pages to it; `__tablename__` and `__entity__`, the key, relationships;
- statements that only pass on what has a name: `x = y`, `row.x = form.x.data`, `return [bp]`, `db.session.add(row)`, a
  call whose arguments are names, unless it is of a rule (RULES) or of a function of the plugin's own services;
- of a list or call over several lines, each line that only passes on names (`verbs=VERBS,`).

What declares (a field with its words, a state, a right, a column, a condition) or decides is the plugin itself: so are the
names of rights, which say who may, and those of columns.
"""

import ast
from collections.abc import Iterator
from pathlib import Path

RULES = {"require", "advance", "working_day_after", "value_of", "calendar_of", "emit", "attach", "store", "history"}
COLUMNS = {"place_columns", "due_column", "startswith"}
WIRES = {"Blueprint", "pages", "relationship"}
SAID = {"VIEW", "WRITE", "REPORT", "REPAIR", "RETIRE", "OVERDUE"}  # rights, and the words of a view
KEPT = {"__tablename__", "__entity__", "id"}


def lines(folder: Path) -> tuple[list[str], list[str]]:
    """Return (all lines of code, those of them that only wire) of a plugin."""
    code: list[str] = []
    wires: list[str] = []
    for path in sorted(folder.rglob("*.py")):
        if "versions" in path.parts:
            continue
        text = path.read_text("utf-8")
        tree, source = ast.parse(text), text.splitlines()
        skipped = {number for node in ast.walk(tree) for number in _passed_over(node)}
        counted = {
            number
            for number, line in enumerate(source, 1)
            if number not in skipped and line.strip(" ()[]{},:") and not line.lstrip().startswith("#")
        }
        plumbing = {number for node in ast.walk(tree) for number in _wiring(node)} & counted
        code += [f"{path.name}: {source[number - 1]}" for number in sorted(counted)]
        wires += [f"{path.name}: {source[number - 1]}" for number in sorted(plumbing)]
    for path in sorted(folder.rglob("templates/**/*.html")):
        code += [line for line in path.read_text("utf-8").splitlines() if line.strip()]
    return code, wires


def _passed_over(node: ast.AST) -> Iterator[int]:
    """Yield the lines of imports and docstrings."""
    docstring = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    if isinstance(node, ast.Import | ast.ImportFrom) or docstring:
        yield from range(node.lineno, (node.end_lineno or 0) + 1)


def _wiring(node: ast.AST) -> Iterator[int]:
    if isinstance(node, ast.FunctionDef) and node.decorator_list:
        yield from range(node.decorator_list[0].lineno, node.lineno + 1)
    if not isinstance(node, ast.Assign | ast.AnnAssign | ast.Return | ast.Expr | ast.Call | ast.List | ast.Tuple):
        return
    if isinstance(node, ast.AnnAssign | ast.Assign) and _named(node) & KEPT:
        yield from range(node.lineno, (node.end_lineno or 0) + 1)
    if isinstance(node, ast.AnnAssign | ast.Assign | ast.Expr) and _called(node.value) & WIRES:
        yield from range(node.lineno, (node.end_lineno or 0) + 1)
    if isinstance(node, ast.Assign | ast.AnnAssign | ast.Return | ast.Expr) and _passes_on(node.value):
        yield from range(node.lineno, (node.end_lineno or 0) + 1)
    if isinstance(node, ast.Call | ast.List | ast.Tuple) and node.lineno != node.end_lineno:
        parts = [*getattr(node, "args", ()), *getattr(node, "elts", ()), *getattr(node, "keywords", ())]
        for part in parts:
            if part.lineno == part.end_lineno and _passes_on(part.value if isinstance(part, ast.keyword) else part):
                yield part.lineno


def _named(node: ast.Assign | ast.AnnAssign) -> set[str]:
    targets = node.targets if isinstance(node, ast.Assign) else [node.target]
    return {target.id for target in targets if isinstance(target, ast.Name)}


def _called(node: ast.AST | None) -> set[str]:
    calls = [each for each in ast.walk(node) if isinstance(each, ast.Call)] if node is not None else []
    return {getattr(call.func, "attr", getattr(call.func, "id", "")) for call in calls}


def _passes_on(node: ast.AST | None) -> bool:
    """Return whether an expression only passes on what has a name: nothing in it is said or decided here."""
    if node is None or isinstance(node, ast.Constant):
        return False
    said = (ast.Constant, ast.Compare, ast.BoolOp, ast.BinOp, ast.Lambda, ast.IfExp, ast.JoinedStr, ast.comprehension)
    if any(isinstance(each, said) for each in ast.walk(node)):
        return False
    names = {each.id for each in ast.walk(node) if isinstance(each, ast.Name)}
    fields = {each.attr for each in ast.walk(node) if isinstance(each, ast.Attribute) and _is_model(each.value)}
    return not (_called(node) & (RULES | COLUMNS) or names & SAID or fields)


def _is_model(node: ast.AST) -> bool:
    return isinstance(node, ast.Name) and node.id[:1].isupper() and not node.id.isupper()
