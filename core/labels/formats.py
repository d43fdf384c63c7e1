"""Sheets and rolls: where labels lie on them, in mm. A new format is a line here."""

from collections.abc import Iterator
from dataclasses import dataclass

from core.contract.ports import Words
from core.contract.words import _

A4 = (210.0, 297.0)


@dataclass(frozen=True)
class Format:
    """Labels of `width` × `height` mm in columns and rows of a page; a roll is a page of one label.

    `left` and `top` are the margins before the first label, `across` and `down` the gutters between labels, `inset` is
    the border of each label that stays white: printers cannot reach the edge of a sheet, and labels are cut askew.
    """

    code: str
    name: Words
    width: float
    height: float
    columns: int = 1
    rows: int = 1
    page: tuple[float, float] = (0.0, 0.0)
    left: float = 0.0
    top: float = 0.0
    across: float = 0.0
    down: float = 0.0
    inset: float = 1.5

    @property
    def size(self) -> tuple[float, float]:
        """Return width and height of the page in mm."""
        return self.page if self.page[0] else (self.width, self.height)

    @property
    def number(self) -> int:
        """Return how many labels a page holds."""
        return self.columns * self.rows

    def places(self) -> Iterator[tuple[float, float]]:
        """Yield (left, top) in mm of each label of a page, row by row."""
        for row in range(self.rows):
            for column in range(self.columns):
                yield (
                    self.left + column * (self.width + self.across),
                    self.top + row * (self.height + self.down),
                )

    def fits_its_page(self) -> bool:
        """Return whether all labels lie on the page."""
        *_others, (left, top) = self.places()
        return left + self.width <= self.size[0] + 0.01 and top + self.height <= self.size[1] + 0.01


FORMATS = {
    each.code: each
    for each in (
        Format("70x37", _("A4, 24 labels of 70 × 37 mm"), 70, 37, 3, 8, A4, 0, 0.5, inset=5),
        Format("64x38", _("A4, 21 labels of 63,5 × 38,1 mm"), 63.5, 38.1, 3, 7, A4, 7.25, 15.15, 2.5, inset=2),
        Format("99x38", _("A4, 14 labels of 99,1 × 38,1 mm"), 99.1, 38.1, 2, 7, A4, 4.65, 15.15, 2.5, inset=2),
        Format("38x21", _("A4, 65 labels of 38,1 × 21,2 mm"), 38.1, 21.2, 5, 13, A4, 4.75, 10.7, 2.5),
        Format("50x30", _("Roll, 50 × 30 mm"), 50, 30),
        Format("100x50", _("Roll, 100 × 50 mm"), 100, 50, inset=2),
        Format("62x29", _("Roll, 62 × 29 mm"), 62, 29),
    )
}
