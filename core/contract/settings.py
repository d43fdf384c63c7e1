"""What an administration sets: declared once by a plugin, with what holds until somebody sets something else."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any, Generic, TypeVar

from core.contract.ports import Words

T = TypeVar("T", bool, int, Decimal, str, date)
TYPES: tuple[type, ...] = (bool, int, Decimal, str, date)  # yes and no stand first: they are whole numbers too
LONGEST = 500  # characters of a text


@dataclass(frozen=True)
class Setting(Generic[T]):
    """A value that the right `permission` may change: of the country, or `local`: also of a facility, for all below it.

    It is of the type of its `default` (yes or no, whole number, Decimal, text, day); with `choices` ({value: label})
    one of them. Numbers lie between `least` and `most`; `faults` says what else is wrong with a value, "" for nothing.
    With `reason` nobody changes it without saying why. `section` is the heading under which it stands beside others of
    its plugin.
    """

    name: str
    label: Words
    default: T
    permission: str
    help: Words = ""
    unit: Words = ""
    section: Words = ""
    local: bool = False
    reason: bool = False
    least: Any = None
    most: Any = None
    choices: Mapping[Any, Words] = field(default_factory=dict)
    faults: Callable[[Any], Words] | None = None

    @property
    def type(self) -> type:
        """Return bool, int, Decimal, str or date."""
        return next(each for each in TYPES if isinstance(self.default, each))

    def fits(self, value: Any) -> bool:
        """Return whether a value may be set."""
        if type(value) is not self.type or (self.choices and value not in self.choices):
            return False
        if isinstance(value, str):
            return len(value) <= LONGEST and not self.fault(value)
        bounds = (self.least is None or value >= self.least) and (self.most is None or value <= self.most)
        return bounds and not self.fault(value)

    def fault(self, value: Any) -> Words:
        """Return what is wrong with a value of the right type, as `faults` says it."""
        return self.faults(value) if self.faults else ""

    def write(self, value: T) -> str:
        """Return a value as it is stored."""
        return ("no", "yes")[value] if isinstance(value, bool) else str(value)

    def read(self, text: str) -> T:
        """Return the value of a stored text; the default where a later version of the plugin takes it no more."""
        kind: Any = self.type
        try:
            value: Any = text == "yes" if kind is bool else date.fromisoformat(text) if kind is date else kind(text)
        except (ValueError, ArithmeticError):
            return self.default
        found: T = value if self.fits(value) else self.default
        return found
