"""The suggestion: how much of a product a facility should ask for, and why.

Net need = ceil(CMM × max months) − usable stock − on order − in transit + owed to others, at least 0, then
rounded to packs. The maximum covers the lead time (`status.Levels`). Under `openlmis_v3` the ministry's own form is
followed instead: H = round-half-up(P × max), I = max(0, H − E), with E the stock on hand, and nothing that is coming
is subtracted.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction
from functools import cached_property
from typing import Any

from core.data.exact import dumped, half_up, loaded, up_of
from plugins.elmis.formulas.lots import Exclusion, Usable
from plugins.elmis.formulas.packs import Packs, in_packs, packs_from
from plugins.elmis.formulas.policies import Cmm
from plugins.elmis.formulas.status import Levels, months_of_stock, stock_status
from plugins.elmis.formulas.working import Step


@dataclass(frozen=True)
class Coming:
    """Base units on order, in transit or owed, with the numbers of the documents that say so."""

    quantity: int = 0
    documents: tuple[str, ...] = ()


@dataclass(frozen=True)
class Inputs:
    """Everything a suggestion is computed from; quantities in base units, `net_content` units to a pack."""

    cmm: Cmm
    levels: Levels
    usable: Usable
    on_order: Coming = Coming()
    in_transit: Coming = Coming()
    owed: Coming = Coming()
    net_content: int = 1
    threshold: int = 0
    zero_allowed: bool = True

    def to_dict(self) -> dict[str, Any]:
        """Return it as JSON carries it, fractions exact."""
        coming = ("on_order", "in_transit", "owed")
        return {
            "cmm": self.cmm.to_dict(), "levels": dict(self.levels.written), "usable": self.usable.to_dict(),
            **{name: dict(vars(getattr(self, name))) for name in coming},
            "net_content": self.net_content, "threshold": self.threshold, "zero_allowed": self.zero_allowed,
        }  # fmt: skip

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> "Inputs":
        """Return what `to_dict` wrote, also after a journey through JSON."""
        usable, levels = data["usable"], data["levels"]
        read = {name: _coming(data[name]) for name in ("on_order", "in_transit", "owed")}
        return cls(
            **{
                **data,
                **read,
                "cmm": Cmm.from_dict(data["cmm"]),
                "levels": _levels(levels),
                "usable": replace(Usable(**usable), excluded=tuple(Exclusion(**one) for one in usable["excluded"])),
            }
        )


def _levels(data: Mapping[str, str]) -> Levels:
    days = int(data.get("lead_time_days", 0))
    return Levels(**{**{name: Fraction(value) for name, value in data.items()}, "lead_time_days": days})  # type: ignore[arg-type]


def _coming(data: Mapping[str, Any]) -> Coming:
    return Coming(data["quantity"], tuple(data["documents"]))


@dataclass(frozen=True)
class Suggestion:
    """What to ask for: `quantity` = `packs` × net content, in base units; `need` before rounding.

    Without a CMM `need` and `max_stock` are None and the quantity is 0: a person must decide.
    `status` is a key of STATUSES, `working` the answer to "why this quantity?".
    """

    inputs: Inputs
    quantity: int
    packs: int
    need: int | None
    max_stock: int | None
    months_of_stock: Fraction | None
    status: str
    kept: tuple[Step, ...] | None = field(default=None, compare=False)  # of a snapshot: as it was

    @cached_property
    def working(self) -> tuple[Step, ...]:
        """Return how the quantity came about, put together when somebody reads it; of a snapshot as it was kept."""
        if self.kept is not None:
            return self.kept
        return tuple(cmm_steps(self.inputs.cmm) + order_steps(self.inputs, self.max_stock, self.need, self.packs))

    @property
    def flag(self) -> str:
        """Return the flag of the CMM, empty if it is sound."""
        return self.inputs.cmm.flag

    @property
    def in_packs(self) -> Packs:
        """Return the quantity as packs, "30 × 180"."""
        return in_packs(self.quantity, self.inputs.net_content)

    def to_dict(self) -> dict[str, Any]:
        """Return the snapshot kept on the requisition line, fit for JSON, every number exact."""
        return {
            "inputs": self.inputs.to_dict(),
            "quantity": self.quantity,
            "packs": self.packs,
            "need": self.need,
            "max_stock": self.max_stock,
            "months_of_stock": dumped(self.months_of_stock),
            "status": self.status,
            "working": [step.to_dict() for step in self.working],
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> "Suggestion":
        """Return the suggestion as it was, never computed anew."""
        read = {
            "inputs": Inputs.from_dict(data["inputs"]),
            "months_of_stock": loaded(data["months_of_stock"]),
            "kept": tuple(Step.from_dict(step) for step in data["working"]),
        }
        return cls(**{name: value for name, value in {**data, **read}.items() if name != "working"})


def suggest(inputs: Inputs) -> Suggestion:
    """Return the quantity to ask for, for these inputs."""
    max_stock = maximum_stock(inputs.cmm, inputs.levels)
    need = None if max_stock is None else max(0, max_stock - available(inputs))
    packs = packs_from(need or 0, inputs.net_content, inputs.threshold, inputs.zero_allowed)
    return Suggestion(
        inputs=inputs,
        quantity=packs * inputs.net_content,
        packs=packs,
        need=need,
        max_stock=max_stock,
        months_of_stock=months_of_stock(inputs.usable.quantity, inputs.cmm.value),
        status=stock_status(inputs.usable.quantity, inputs.cmm, inputs.levels, inputs.net_content),
    )


def gross(inputs: Inputs) -> bool:
    """Return whether the policy asks against the stock on hand alone, as OpenLMIS 3 does."""
    return inputs.cmm.policy == "openlmis_v3"


def maximum_stock(cmm: Cmm, levels: Levels) -> int | None:
    """Return CMM × max months in base units, rounded up (openlmis_v3: H, a half upwards, of the months as written)."""
    if cmm.value is None:
        return None
    if cmm.policy == "openlmis_v3":
        return half_up(cmm.value * levels.max_months)
    return up_of(cmm.value, levels.high)


def available(inputs: Inputs) -> int:
    """Return what is set against the maximum: usable + on order + in transit − owed (openlmis_v3: E)."""
    if gross(inputs):
        return inputs.usable.on_hand
    coming = inputs.on_order.quantity + inputs.in_transit.quantity
    return inputs.usable.quantity + coming - inputs.owed.quantity


def cmm_steps(cmm: Cmm) -> list[Step]:
    """Return how the CMM came about."""
    if not cmm.months_used:
        return [Step("cmm", cmm.value, facts={"policy": cmm.policy, "flag": cmm.flag})]
    which = [f"{month.month:02}/{month.year}" for month in cmm.months_used]
    few = [Step("least_days", cmm.least_days, "days", facts={"there": cmm.days_in_stock})]
    return [
        Step("consumed", cmm.consumption, facts={"months": len(which), "which": which}),
        Step("stockout_days", cmm.stockout_days, "days", facts={"of": cmm.eligible_days}),
        *(few if cmm.stretched else ()),
        Step("cmm", cmm.value, facts={"policy": cmm.policy, "flag": cmm.flag}),
    ]


def order_steps(inputs: Inputs, max_stock: int | None, need: int | None, packs: int) -> list[Step]:
    """Return how the quantity came about; without a CMM only what is there and coming."""
    stock = [Step("on_hand", inputs.usable.on_hand, sign="−")] if gross(inputs) else net_steps(inputs)
    if max_stock is None or need is None:
        return stock
    facts = {"packs": packs, "size": inputs.net_content}
    return [
        Step("max_stock", max_stock, facts=_months(inputs)),
        *stock,
        Step("need", need),
        Step("rounded", packs * inputs.net_content, facts=facts),
    ]


def _months(inputs: Inputs) -> dict[str, Any]:
    """Return how many months the maximum covers, and how many of them the lead time added."""
    levels = inputs.levels
    if gross(inputs) or not levels.added:
        return {"months": levels.shown["max_months"]}
    return {"months": levels.shown["high"], "added": levels.shown["added"], "lead_time": levels.lead_time_days}


def net_steps(inputs: Inputs) -> list[Step]:
    """Return the usable stock, what was left out of it lot by lot, and what is coming or owed."""
    return [
        *(_left_out(one) for one in inputs.usable.excluded),
        Step("usable", inputs.usable.quantity, sign="−"),
        _coming_step("on_order", inputs.on_order, "−"),
        _coming_step("in_transit", inputs.in_transit, "−"),
        _coming_step("owed", inputs.owed, "+"),
    ]


def _left_out(one: Exclusion) -> Step:
    return Step("excluded", one.quantity, facts={"lot": one.number, "reason": one.reason})


def _coming_step(code: str, coming: Coming, sign: str) -> Step:
    return Step(code, coming.quantity, sign=sign, facts={"documents": list(coming.documents)})


def line_difference(beginning: int, received: int, consumed: int, adjusted: int, ending: int) -> int:
    """Return E − (A + B + D − C) in base units: 0 if a requisition line balances.

    D (losses and adjustments) carries its sign. A difference is shown as such, never silently mended.
    """
    return ending - (beginning + received + adjusted - consumed)
