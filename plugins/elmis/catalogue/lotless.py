"""Products whose packs carry no lot number: what their lots are called."""

from datetime import date

NO_LOT = "–"


def lot_number(typed: str, has_lots: bool, expiry: date | None) -> str:
    """Return the lot number that was typed; goods whose packs carry none are told apart by their expiry."""
    if typed.strip() or has_lots:
        return typed.strip()
    return f"EXP {expiry:%m/%Y}" if expiry else NO_LOT
