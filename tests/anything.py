"""Whatever fits the description of the interface, sent to it: schemathesis makes the sendings and judges the answers."""

import random
from collections import Counter
from datetime import timedelta
from typing import Any

import schemathesis
from flask import Flask
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.core.failures import FailureGroup
from schemathesis.generation import GenerationMode
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from sqlalchemy import select

from core.api.tokens import services
from core.contract.plugins import entities, permissions
from core.data.access import Access, acting
from core.data.db import db, today
from core.data.work import unit_of_work
from core.facilities.models import Facility
from core.users.accounts.models import User
from core.users.rights.access import access_of
from core.users.rights.models import Grant, Role
from core.web.sending import API

CHECKS = [
    not_a_server_error, status_code_conformance, content_type_conformance, response_headers_conformance,
    response_schema_conformance, negative_data_rejection,
]  # fmt: skip
LEFT_OUT = {"core.token.end", "core.user.close", "core.grant.withdraw"}  # with them it would stand before a shut door


def wide_token() -> str:
    """Return a token of the demonstration's administrator, who for this has every right at the top."""
    with unit_of_work(Access.system("test")):
        person = db.session.scalars(select(User).where(User.login == "admin")).one()
        top = db.session.scalars(select(Facility).order_by(Facility.path)).first()
        role = Role(code="anything", label_en="Anything", label_fr="Tout", permissions="core.*\nelmis.*")
        db.session.add(Grant(user=person, role=role, facility=top))
        db.session.flush()
        held = {right for right, _path in access_of(person, permissions()).grants}
        return services.make(person, "anything", held, None, today() + timedelta(days=1))


def send_anything(app: Flask, each: int, seed: int = 0, repeatable: bool = True) -> tuple[Counter[int], dict[str, str]]:
    """Return {status: how many answers}, and {operation: what was wrong}: `each` sendings an operation, the same ones at
    each run where it is repeatable."""
    schema = schemathesis.openapi.from_wsgi(f"{API}/openapi.json", app)
    schema.config.generation.update(with_security_parameters=False)
    headers = {"Authorization": f"Bearer {wide_token()}", "Accept-Encoding": "identity"}
    dice, faults = random.Random(seed), {}
    answers: Counter[int] = Counter()
    known = {entity.name: _ids(entity.model) for entity in entities()}
    for found in schema.get_all_operations():
        operation = found.ok()
        if operation.definition.raw["operationId"] not in LEFT_OUT:
            _send(operation, each, headers, known, dice, answers, faults, repeatable)
    return answers, faults


def _ids(model: Any) -> list[int]:
    """Return the numbers of some rows, none where rows have no number of their own."""
    if [column.name for column in model.__mapper__.primary_key] != ["id"]:
        return []
    with acting(Access.system("test")):
        return list(db.session.scalars(select(model.id).order_by(model.id.desc()).limit(40)))


def _send(
    operation: Any, each: int, headers: Any, known: Any, dice: Any, answers: Any, faults: dict[str, str],
    repeatable: bool,
) -> None:  # fmt: skip
    """Send some of what one operation takes; three of four to a row that there is, half of them to what it asks for."""
    name = operation.definition.raw["operationId"]
    rows = known.get(operation.path.split("/")[1], [])

    @settings(
        max_examples=each,
        deadline=None,
        database=None,
        derandomize=repeatable,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy() | operation.as_strategy(generation_mode=GenerationMode.NEGATIVE))
    def sent(case: Any) -> None:
        wrong = case.meta.generation.mode is GenerationMode.NEGATIVE
        if not wrong and "id" in case.path_parameters and rows and dice.random() < 0.75:
            case.path_parameters["id"] = dice.choice(rows)
            if operation.method == "post" and isinstance(case.body, dict) and dice.random() < 0.5:
                case.body = _filled(operation, case, headers) | {
                    name: value for name, value in case.body.items() if dice.random() < 0.3
                }  # fmt: skip
        if not wrong and dice.random() < 0.5:
            case.headers.pop("If-Match", None)
            case.headers["If-Match"] = "*"
        answer = case.call(headers=headers)
        answers[answer.status_code] += 1
        try:
            case.validate_response(answer, checks=CHECKS)
        except FailureGroup as group:
            faults.setdefault(name, f"{answer.status_code} {group}\n" + "\n".join(str(one) for one in group.exceptions))

    try:
        sent()
    except Exception as error:  # of one operation; the others are tried all the same
        faults.setdefault(name, f"{type(error).__name__}: {error}")


def _filled(operation: Any, case: Any, headers: Any) -> dict[str, Any]:
    """Return what the verb would show of this row."""
    client = operation.app.test_client(use_cookies=False)
    answer = client.get(API + operation.path.replace("{id}", str(case.path_parameters["id"])), headers=headers)
    return answer.json.get("body", {}) if answer.status_code == 200 else {}
