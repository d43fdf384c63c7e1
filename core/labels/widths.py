"""How wide each letter of a font is: a process of its own, since the library that reads fonts takes 14 MB.

`widths FONT` writes {weight: {letter: width in units of the letter's height}} as JSON.
"""

import json
import sys

WEIGHTS = (400, 700)


def widths(path: str) -> dict[int, dict[str, float]]:
    """Return {weight: {letter: width in ems}} of a variable font."""
    from fontTools.ttLib import TTFont

    font = TTFont(path, lazy=True)
    em, letters = font["head"].unitsPerEm, font.getBestCmap()
    drawn = {weight: font.getGlyphSet(location={"wght": weight}) for weight in WEIGHTS}
    return {
        weight: {chr(code): round(glyphs[name].width / em, 4) for code, name in letters.items()}
        for weight, glyphs in drawn.items()
    }


if __name__ == "__main__":
    json.dump(widths(sys.argv[1]), sys.stdout)
