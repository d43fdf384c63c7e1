"""The types of equipment and their checklists that a new house begins with are sound."""

import csv
import re
from collections import Counter
from decimal import Decimal
from itertools import groupby
from pathlib import Path

from plugins.gmao.formulas.risk import BANDS, Risk, frequency

DATA = Path(__file__).parents[2] / "plugins/gmao/data"
KINDS = {"biomedical", "cold_chain", "infrastructure", "it", "vehicle", "energy"}


def rows(name: str) -> list[dict[str, str]]:
    with (DATA / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


TYPES, STEPS = rows("types.csv"), rows("checklists.csv")


def test_there_are_types_of_each_kind_and_each_stands_once() -> None:
    assert len(TYPES) >= 80 and {one["kind"] for one in TYPES} == KINDS
    for column in ("code", "label_fr", "label_en"):
        assert [value for value, times in Counter(one[column] for one in TYPES).items() if times > 1 or not value] == []
    assert [one["code"] for one in TYPES if not re.fullmatch(r"[a-z][a-z0-9-]{1,39}", one["code"])] == []


def faults_of_type(one: dict[str, str]) -> list[str]:
    """Return what is wrong with a type."""
    risk = Risk(*(int(one[f"{name}_score"]) for name in ("function", "risk", "maintenance")))  # refuses what is beyond
    most = frequency(risk, BANDS).months or 24
    sound = {
        "EM": 3 <= risk.em <= 20,
        "powered": one["powered"] in ("0", "1"),
        "life": 2 <= int(one["useful_life"]) <= 30,
        "less often than its risk asks for": 1 <= int(one["interval"]) <= most,
        "EMDN": re.fullmatch(r"([A-Z]\d\d(\d\d){0,5})?", one["emdn"]),  # a letter, then two digits a level
        "GMDN or UMDNS": re.fullmatch(r"(\d{5})?", one["gmdn"]) and re.fullmatch(r"(\d{5})?", one["umdns"]),
        "PQS": not one["pqs"] or (re.fullmatch(r"E00\d", one["pqs"]) and one["kind"] in ("cold_chain", "vehicle")),
    }
    return [name for name, well in sound.items() if not well]


def test_every_type_is_sound() -> None:
    assert {one["code"]: found for one in TYPES if (found := faults_of_type(one))} == {}


def test_the_french_is_typeset() -> None:
    labels = [one["label_fr"] for one in TYPES + STEPS]
    assert [label for label in labels if re.search(r"['\"]| [:;!?%]|\s$|^\s|\s{2}", label)] == []
    assert [one["label_en"] for one in TYPES + STEPS if not one["label_en"].strip()] == []


def test_the_checklists_are_sound() -> None:
    lists = {code: list(steps) for code, steps in groupby(STEPS, lambda step: step["type"])}
    assert len(lists) >= 20 and len(STEPS) == sum(len(steps) for steps in lists.values())  # each stands in one place
    assert set(lists) <= {one["code"] for one in TYPES}
    for code, steps in lists.items():
        assert 5 <= len(steps) <= 10, code
        assert [int(step["position"]) for step in steps] == list(range(1, len(steps) + 1)), code
        assert len({step["label_fr"] for step in steps} | {step["label_en"] for step in steps}) == 2 * len(steps), code


def asks_well(step: dict[str, str]) -> bool:
    """Return whether a step asks for a tick, or for a value with its unit or its limits."""
    limits = [Decimal(step[name]) for name in ("least", "most") if step[name]]
    if step["answer"] == "value":
        return bool(step["unit"] or limits) and limits == sorted(limits)
    return step["answer"] == "ok" and not step["unit"] and not limits


def test_a_step_asks_for_a_tick_or_for_a_value() -> None:
    assert [f"{step['type']} {step['position']}" for step in STEPS if not asks_well(step)] == []
