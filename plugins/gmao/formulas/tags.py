"""The national tag of equipment: five signs and a check character, as printed, scanned and typed ("00002Y").

The check character is that of ISO/IEC 7064:2003, MOD 37-2. It finds every single wrong sign, every two neighbours
exchanged and every sign exchanged with the next but one, as a hand makes these errors, with one character. MOD 97-10
finds no more of them and takes two, a third more to type and to print on a small label; it would let pass one
random text in 97, not one in 37, which matters little where the tag must also be one that was given out.

I and O are no signs, since they are read as 1 and 0, and are taken for these when typed. MOD 37-2 has the check
characters I, O and "*" as well: numbers that would get one of these are passed over, 3 of 37.
"""

from collections.abc import Iterator
from itertools import count

CHECKS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ*"
SIGNS = "0123456789ABCDEFGHJKLMNPQRSTUVWXYZ"
LENGTH = 5  # without the check character
MOST = len(SIGNS) ** LENGTH  # 45 million
READ_AS = str.maketrans({"I": "1", "O": "0", " ": None, "-": None, ".": None, "\u00a0": None})


class BadTag(ValueError):
    """A text that is no tag; `reason` "length", "sign" or "check"."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def check_of(text: str) -> str:
    """Return the check character of a text of capital letters and digits, by MOD 37-2."""
    total = 0
    for sign in text:
        total = (total + CHECKS.index(sign)) * 2 % 37
    return CHECKS[(1 - total) % 37]


def tag_of(number: int) -> str | None:
    """Return the tag of a number from 0; None for one that is passed over, ValueError for one that is out of range."""
    if not 0 <= number < MOST:
        raise ValueError(f"tags are those of 0 to {MOST - 1}, not {number}")
    text, rest = "", number
    for _each in range(LENGTH):
        rest, sign = divmod(rest, len(SIGNS))
        text = SIGNS[sign] + text
    check = check_of(text)
    return text + check if check in SIGNS else None


def tags(first: int = 0) -> Iterator[tuple[int, str]]:
    """Yield the numbers from `first` on that have a tag, with it."""
    for number in count(first):
        if tag := tag_of(number):
            yield number, tag


def read(text: str) -> str:
    """Return the tag that was typed or scanned, in its one form; BadTag says why it is none."""
    tag = text.strip().upper().translate(READ_AS)
    if len(tag) != LENGTH + 1:
        raise BadTag("length")
    if not set(tag) <= set(SIGNS):
        raise BadTag("sign")
    if check_of(tag[:LENGTH]) != tag[LENGTH]:
        raise BadTag("check")
    return tag


def number_of(text: str) -> int:
    """Return the number of a tag that was typed or scanned; BadTag says why it is none."""
    number = 0
    for sign in read(text)[:LENGTH]:
        number = number * len(SIGNS) + SIGNS.index(sign)
    return number
