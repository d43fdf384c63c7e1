"""What this device remembers of its printer: the format, one of its own, the next free label, the shift."""

import json
from dataclasses import asdict, dataclass
from typing import Any

from werkzeug.wrappers import Response

from core.contract.words import _
from core.labels.formats import FORMATS, Format
from core.web import cookies

COOKIE, YEAR = "labels", 365 * 86400
OWN = "own"
MEASURES = ("width", "height", "left", "top", "across", "down", "inset")


@dataclass(frozen=True)
class Device:
    """What was chosen last on this device."""

    format: str = next(iter(FORMATS))
    first: int = 1
    right: float = 0.0
    down: float = 0.0
    own: Format | None = None


def own_format(page: tuple[float, float], columns: int, rows: int, **measures: float) -> Format:
    """Return a person's own format; ValueError where its labels do not lie on its page."""
    found = Format(OWN, _("Own format"), columns=columns, rows=rows, page=page, **measures)
    if not 0 < found.number <= 500 or not found.fits_its_page() or min(found.width, found.height) <= 2 * found.inset:
        raise ValueError("the labels do not lie on the page")
    return found


def read() -> Device:
    """Return what this device remembers, or the ordinary choice; what a person has written there by hand is not
    believed further than a form is."""
    try:
        kept = json.loads(cookies.read(COOKIE))
        own = own_format(**_measured(kept["own"])) if kept["own"] else None
        known = kept["format"] in FORMATS or (own is not None and kept["format"] == OWN)
        first, right, down = int(kept["first"]), float(kept["right"]), float(kept["down"])
        if not known or first < 1 or max(abs(right), abs(down)) > 20:
            return Device(own=own)
        return Device(kept["format"], first, right, down, own)
    except (ValueError, TypeError, KeyError, OverflowError):
        return Device()


def _measured(kept: dict[str, Any]) -> dict[str, Any]:
    wide, high = kept["page"]
    measures = {name: min(max(float(kept[name]), 0.0), 1000.0) for name in MEASURES}
    return {"page": (float(wide), float(high)), "columns": int(kept["columns"]), "rows": int(kept["rows"]), **measures}


def keep(answer: Response, device: Device) -> None:
    """Let this device remember a choice for a year."""
    own = None
    if device.own is not None:
        own = {name: value for name, value in asdict(device.own).items() if name not in ("code", "name")}
    kept = {**{name: getattr(device, name) for name in ("format", "first", "right", "down")}, "own": own}
    cookies.keep(answer, COOKIE, json.dumps(kept, separators=(",", ":")), YEAR)
