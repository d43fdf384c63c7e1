"""How this package says why a file cannot be taken."""

from typing import Any


def _(message: str, **values: Any) -> dict[str, Any]:
    """Return a message as it goes to the web: its id and what stands in it."""
    return {"message": message, "values": values}


class Unfit(Exception):
    """The file cannot be taken, and why."""

    def __init__(self, why: dict[str, Any]) -> None:
        super().__init__(why["message"])
        self.why = why


def damaged() -> Unfit:
    """Return what is said of a file that breaks its own rules."""
    return Unfit(_("It is damaged, or was cut off on its way. Open it on your device; if that works, save it anew."))
