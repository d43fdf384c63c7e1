"""The reference rows of maintenance as plain values, read from the CSV files beside this module."""

from pathlib import Path

from core.data.reference import rows_of

DATA = Path(__file__).parent / "data"


def rows(name: str) -> list[dict[str, str]]:
    """Return the rows of one file: types, models, checklists, norms, limits or loggers."""
    return rows_of(DATA / f"{name}.csv")
