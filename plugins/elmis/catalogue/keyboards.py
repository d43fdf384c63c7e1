"""What a reader set to the US layout types on a French or Belgian keyboard, put back in order.

The browser decodes by key position where it can; this serves what comes without positions: pasted
text, imports, readers without JavaScript.
"""

US = "1234567890-=qwertyuiop[]asdfghjkl;'\\zxcvbnm,./" + '!@#$%^&*()_+QWERTYUIOP{}ASDFGHJKL:"|ZXCVBNM<>?'
FRENCH = "&é\"'(-è_çà)=azertyuiop^$qsdfghjklmù*wxcvbn,;:!" + "1234567890°+AZERTYUIOP¨£QSDFGHJKLM%µWXCVBN?./§"
BELGIAN = "&é\"'(§è!çà)-azertyuiop^$qsdfghjklmùµwxcvbn,;:=" + "1234567890°_AZERTYUIOP¨*QSDFGHJKLM%£WXCVBN?./+"
LAYOUTS = {"fr": str.maketrans(FRENCH, US), "be": str.maketrans(BELGIAN, US)}
DIGIT_KEYS = {"fr": frozenset("&é\"'(-è_çà"), "be": frozenset("&é\"'(§è!çà")}
ACCENTED = frozenset("éèçà")  # of the digit keys: no bar code carries them
FEWEST = 4  # digits that make a code of a text; fewer, and it is a word with accents


def azerty_decoded(text: str, layout: str = "fr") -> str:
    """Return what a US-layout reader meant by the text it typed on a "fr" or "be" keyboard."""
    return text.translate(LAYOUTS[layout])


def looks_azerty(text: str) -> bool:
    """Return whether the text reads like a code typed on the wrong layout: digit keys instead of digits.

    Shift gives the digits on AZERTY, so that only brackets come out as digits: 9 and 0.
    """
    if any(sign in "12345678" for sign in text):
        return False
    return any(_made_of_digit_keys(text, keys) for keys in DIGIT_KEYS.values())


def azerty_readings(text: str) -> list[str]:
    """Return the readings to try, the likeliest first: none if the text does not look like AZERTY."""
    if not looks_azerty(text):
        return []
    order = sorted(LAYOUTS, key=lambda layout: -sum(sign in DIGIT_KEYS[layout] for sign in text))
    return [azerty_decoded(text, layout) for layout in order]


def _made_of_digit_keys(text: str, keys: frozenset[str]) -> bool:
    digits = [sign for sign in text if sign in keys]
    enough = len(digits) >= FEWEST and 3 * len(digits) >= len(text)
    return enough and (bool(ACCENTED.intersection(digits)) or len(digits) == len(text))
