"""The reference rows of the workforce as plain values, read from the CSV files of the plugin."""

from pathlib import Path

from core.data.reference import rows_of

DATA = Path(__file__).parent.parent / "data"


def rows(name: str) -> list[dict[str, str]]:
    """Return the rows of one file: cadres, grades, steps, positions or posts."""
    return rows_of(DATA / f"{name}.csv")
