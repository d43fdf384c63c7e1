"""Reference rows that come with the program, as the CSV files beside a module hold them."""

import csv
from pathlib import Path


def rows_of(path: Path) -> list[dict[str, str]]:
    """Return the lines of a CSV file as {heading: text}."""
    with path.open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))
