"""docs/names.md: which names of the core a plugin may import, each with what it is; a test holds the page.

`python scripts/names.py` adds what the plugins of this repository import beyond it, below "Within this repository", and
writes anew what each name says of itself. To make a name public, move its line to the first part.
"""

import ast
import importlib
import inspect
import re
from collections.abc import Iterable, Iterator
from dataclasses import is_dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "names.md"
HEAD = """\
# Names

A plugin imports from the core what stands here, and nothing else. The first part is promised: a release that changes it
says so in the changelog, and how to go on. `scripts/names.py` writes what each name says of itself.
"""
WITHIN = """
## Within this repository

Imported by plugins that are changed together with the core. They may change without a word.
"""
MODULE, NAME = re.compile(r"^### `([\w.]+)`$"), re.compile(r"^- `(\w+)`")


def named_in(text: str) -> set[tuple[str, str]]:
    """Return {(module, name)} that a program imports from the core."""
    froms = [node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.ImportFrom) and node.module]
    own = [node for node in froms if str(node.module).split(".")[0] == "core"]
    return {(str(node.module), alias.name) for node in own for alias in node.names}


def listed(text: str) -> Iterator[tuple[str, str]]:
    """Yield (module, name) in the order of a page."""
    module = ""
    for line in text.splitlines():
        if found := MODULE.match(line):
            module = found[1]
        elif found := NAME.match(line):
            yield module, found[1]


def signature(module: str, name: str) -> str:
    """Return what a function, or a class of values, is called with: "(bp, table, new=None)"; "" of anything else."""
    value = _value(module, name)
    if not (inspect.isfunction(value) or is_dataclass(value)):
        return ""
    parts = inspect.signature(value).parameters.values()
    return f"({', '.join(str(part.replace(annotation=part.empty, default=_shown(part))) for part in parts)})"


def _shown(part: inspect.Parameter) -> Any:
    """Return what a parameter is unless it is given: plain values as they are, anything else as "…"."""
    plain = part.default is part.empty or isinstance(part.default, (str, int, float, tuple, type(None)))
    return part.default if plain else _Else()


class _Else:
    def __repr__(self) -> str:
        return "…"


def said(module: str, name: str) -> str:
    """Return the first paragraph of what a name says of itself; AttributeError when there is no such name."""
    value = _value(module, name)
    if getattr(value, "__module__", "") == "typing" or not (
        inspect.isclass(value) or inspect.isfunction(value) or inspect.ismodule(value)
    ):
        return ""
    return " ".join((inspect.getdoc(value) or "").split("\n\n")[0].split())


def _value(module: str, name: str) -> Any:
    importlib.import_module("core.plugin")  # all models, before one of them looks for another
    found = importlib.import_module(module)
    return getattr(found, name) if hasattr(found, name) else importlib.import_module(f"{module}.{name}")


def page(promised: Iterable[tuple[str, str]], within: Iterable[tuple[str, str]]) -> str:
    """Return the text of the page."""
    return HEAD + "".join(_part(promised)) + WITHIN + "".join(_part(within))


def _part(names: Iterable[tuple[str, str]]) -> Iterator[str]:
    last = ""
    for module, name in sorted(set(names)):
        if module != last:
            yield f"\n### `{module}`\n\n"
        last, words, called = module, said(module, name), signature(module, name)
        yield f"- `{name}`{f' `{called}`' if called else ''}{': ' + words if words else ''}\n"


def fresh() -> str:
    """Return the page as it ought to be."""
    text = PAGE.read_text("utf-8") if PAGE.exists() else WITHIN
    first, _, second = text.partition(WITHIN.strip().splitlines()[0])
    promised = set(listed(first))
    used = {pair for file in ROOT.glob("plugins/**/*.py") for pair in named_in(file.read_text("utf-8"))}
    return page(promised, ({*listed(second)} & used | used) - promised)


if __name__ == "__main__":
    PAGE.write_text(fresh(), "utf-8")
