"""The states of all subjects as diagrams: python scripts/states.py > docs/states.md, which a test holds against it."""

import sys
from collections.abc import Iterator
from typing import Any

from flask import Flask
from flask_babel import force_locale

from core import create_app
from core.contract.entities import Entity
from core.contract.plugins import entities, permissions
from core.data.waits import Wait

HEAD = """# States

What orders, deliveries, recalls and other documents go through, who holds the ball in each state, and within what time.
Written by `python scripts/states.py > docs/states.md` from the machines themselves.
"""


def pages(app: Flask) -> str:
    """Return the page: a diagram and a table for each entity with states."""
    with app.app_context(), app.test_request_context(), force_locale("en"):
        parts = (part for entity in entities() if entity.machine is not None for part in _of(entity))
        return "\n".join([HEAD, *parts])


def _of(entity: Entity) -> Iterator[str]:
    machine = entity.machine
    yield f"## {entity.label}\n"
    yield "```mermaid\nstateDiagram-v2"
    for code, state in machine.states.items():
        yield f'    state "{state.label}" as {code}'
    targets = {step.target for step in machine.transitions if step.target != step.source}
    begins = [step.source for step in machine.transitions if step.source not in targets]
    for code in dict.fromkeys(begins or list(machine.states)[:1]):
        yield f"    [*] --> {code}"
    for step in machine.transitions:
        yield f"    {step.source} --> {step.target} : {step.label}"
    for code, state in machine.states.items():
        if state.waits:
            yield f"    note right of {code} : {_holder(state.waits[0])}, {_until(state.waits[0])}"
    yield "```\n"
    if machine.waits():
        yield "| state | who holds the ball | asked | until | when that passes |\n|---|---|---|---|---|"
        for code, _position, wait in machine.waits():
            state = f"{machine.states[code].label}{_when(wait)}"
            yield f"| {state} | {_holder(wait)} | {wait.action} | {_until(wait)} | {_up(wait)} |"
        yield ""


def _when(wait: Wait) -> str:
    return f" ({', '.join(f'{column}: {value}' for column, value in wait.when.items())})" if wait.when else ""


def _holder(wait: Wait) -> str:
    if wait.person:
        return f"the person of `{wait.person}`"
    besides = ", but who has signed" if wait.besides else ""
    return f"“{permissions()[wait.right].label}” at `{wait.at}`{besides}"


def _until(wait: Wait) -> str:
    if wait.until:
        return f"the day of `{wait.until}`"
    return "no deadline" if wait.within is None else str(wait.within.words)


def _up(wait: Wait) -> str:
    return f"“{permissions()[wait.escalates].label}” above, a place further each working day" if wait.escalates else ""


def plain() -> Any:
    """Return the application that is asked, on no database."""
    return create_app({"SECRET_KEY": "only for the page of states", "AUDIT_KEY": "only for the page of states"})


if __name__ == "__main__":
    sys.stdout.write(pages(plain()))
