"""Short messages: the title of what is urgent, in the alphabet of telephones, and how many parts it takes."""

import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager

from flask_babel import force_locale

from core.contract.ports import SMS
from core.notices import ways
from core.notices.carrying import Parcel, Send, Unreachable, carry

# GSM 03.38, the basic alphabet and its extension (two places each)
BASIC = (
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿"
    "abcdefghijklmnopqrstuvwxyzäöñüà"
)
EXTENDED = "\f^{}\\[~]|€"
WRITTEN = {"’": "'", "‘": "'", "“": '"', "”": '"', "«": '"', "»": '"', "–": "-", "—": "-", "…": "...", "œ": "oe",
           "Œ": "OE", "\u00a0": " ", "\u202f": " ", "•": "-", "ç": "c", "→": "->"}  # fmt: skip
ONE, PART, MOST = 160, 153, 3  # places of a message, of each part of a longer one, and parts at most


def plain(text: str) -> str:
    """Return a text in the alphabet of telephones: what it lacks is written with what it has, or left out."""
    return "".join(map(_letter, unicodedata.normalize("NFC", text)))


def _letter(sign: str) -> str:
    if sign in BASIC or sign in EXTENDED:
        return sign
    if sign in WRITTEN:
        return WRITTEN[sign]
    bare = unicodedata.normalize("NFD", sign)[0]
    return bare if bare in BASIC else "" if unicodedata.combining(sign) else "?"


def places(text: str) -> int:
    """Return how many places of 7 bits a text takes."""
    return sum(2 if sign in EXTENDED else 1 for sign in text)


def parts(text: str) -> int:
    """Return how many messages a text is sent as."""
    return 1 if places(text) <= ONE else -(-places(text) // PART)


def cut(text: str, most: int = MOST * PART) -> str:
    """Return a text that takes no more places than that."""
    while places(text) > most:
        text = text[:-1]
    return text


def text_of(parcel: Parcel) -> str:
    """Return the message of a parcel: what happened, and the page where that leaves it one message."""
    with force_locale(parcel.user.language):
        said = cut(plain(f"Amagara: {parcel.notices[0].title}"))
    linked = f"{said} {plain(ways.page_of(parcel.notices[0].id))}"
    return linked if places(linked) <= ONE else said


@contextmanager
def door() -> Iterator[Send]:
    """Open the way to the gateway; yield what sends a parcel."""
    gateway = ways.gateway()
    if gateway is None:
        raise Unreachable("no gateway")
    yield lambda parcel: gateway.send(parcel.address, text_of(parcel), parcel.mark)


def send_due() -> str:
    """Send the short messages that are due; return why it stopped, or ""."""
    return carry(SMS, door)
