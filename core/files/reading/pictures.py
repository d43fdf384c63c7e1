"""Pictures are drawn anew: what a page shows is our own drawing, without place, device or anything hidden in it."""

import io
from pathlib import Path
from typing import Any

from PIL import Image, ImageOps, UnidentifiedImageError

from .unfit import Unfit, _, damaged

LONGEST, SMALL, QUALITY = 2560, 320, 85  # pixels of the longer side: an A4 page at 220 dpi; a small picture
FORMATS = {  # what a picture is, by its content: the name Pillow knows it by
    "image/jpeg": "JPEG", "image/png": "PNG", "image/webp": "WEBP", "image/gif": "GIF", "image/tiff": "TIFF",
    "image/x-ms-bmp": "BMP", "image/bmp": "BMP", "image/avif": "AVIF",
}  # fmt: skip
DRAWN = {"PNG", "GIF", "BMP"}  # lines and text: JPEG would blur them
BROKEN = (OSError, ValueError, SyntaxError, TypeError, IndexError, KeyError, ArithmeticError, EOFError, AttributeError)
Image.MAX_IMAGE_PIXELS = None  # the worker has a limit of its own, and says it in words


def redrawn(path: Path, format: str, megapixels: int) -> tuple[str, bytes]:
    """Return the kind and the bytes of a picture drawn anew, upright and no larger than a screen needs."""
    image = _opened(path, format, megapixels)
    try:
        image.thumbnail((LONGEST, LONGEST), reducing_gap=2.0)
        upright = ImageOps.exif_transpose(image)
        return _written(upright, format)
    except BROKEN as error:
        raise damaged() from error


def small(path: Path) -> bytes:
    """Return the small picture of one that is kept."""
    with Image.open(path, formats=("JPEG", "PNG")) as image:
        image.thumbnail((SMALL, SMALL), reducing_gap=2.0)
        out = io.BytesIO()
        _plain(image).save(out, "WEBP", quality=70)
    return out.getvalue()


def _opened(path: Path, format: str, megapixels: int) -> Image.Image:
    """Return a picture whose first frame is read, and whose size was looked at before."""
    try:
        image = Image.open(path, formats=(format,))
        width, height = image.size
    except (UnidentifiedImageError, *BROKEN) as error:
        raise damaged() from error
    if width * height > megapixels * 1_000_000:
        size = f"{width} × {height}"
        raise Unfit(
            _("It has %(size)s pixels; %(most)s million are the most. Take it smaller.", size=size, most=megapixels)
        )
    try:
        image.draft("RGB", (LONGEST, LONGEST))  # a JPEG is then read in the size that is needed
        image.load()
    except BROKEN as error:
        raise damaged() from error
    return image


def _written(image: Image.Image, format: str) -> tuple[str, bytes]:
    image, out = _plain(image), io.BytesIO()
    if format in DRAWN or image.mode in ("LA", "RGBA"):
        image.save(out, "PNG", optimize=True)
        return "png", out.getvalue()
    image.save(out, "JPEG", quality=QUALITY, optimize=True, progressive=True)
    return "jpeg", out.getvalue()


def _plain(image: Image.Image) -> Image.Image:
    """Return the points alone, in colours that every browser shows: nothing of what the file said beside them."""
    clear = "transparency" in image.info or image.mode in ("RGBA", "LA", "PA", "RGBa", "La")
    wanted: Any = "RGBA" if clear else "L" if image.mode in ("1", "L", "I;16", "I") else "RGB"
    made = image if image.mode == wanted else image.convert(wanted)
    made.info = {}
    return made
