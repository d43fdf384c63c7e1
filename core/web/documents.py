"""Papers: PDF by WeasyPrint from the same templates and figures as the pages, with a code to scan."""

import re
import subprocess
import sys
from pathlib import Path
from threading import BoundedSemaphore
from typing import Any

from flask import Response, render_template
from markupsafe import Markup

from core.contract.words import _
from core.data.errors import Refused
from core.web import assets
from core.web.drawing import SECONDS, draw

CODES = {"qr": "QRCode", "datamatrix": "DataMatrix", "code128": "Code128"}


LONG = 60_000  # letters of HTML: some 100 lines; what is longer is drawn by a process of its own
DRAWER = Path(__file__).with_name("drawing.py")
PENS = BoundedSemaphore(2)  # long papers drawn at once


def pdf(template: str, **context: Any) -> bytes:
    """Return a PDF drawn from a template that extends `document.html`; nothing is fetched from outside.

    A long one is drawn by a process with limits of memory and time: 500 lines take 90 MB. Raises Refused beyond them.
    """
    sheet = Markup(assets.stylesheet("document.css"))  # noqa: S704 (our own file)
    html = render_template(template, sheet=sheet, **context)
    base = (assets.DIST / "document.html").as_uri()
    return draw(html, base) if len(html) < LONG else _drawn_apart(html, base)


def _drawn_apart(html: str, base: str) -> bytes:
    if not PENS.acquire(timeout=60):
        raise Refused(_("Other long papers are being drawn. Try again in a minute."))
    try:
        command = [sys.executable, str(DRAWER), base]
        limit = 3 * SECONDS  # of the clock; the process limits its own time
        done = subprocess.run(command, input=html.encode(), capture_output=True, check=False, timeout=limit)  # noqa: S603
    except subprocess.TimeoutExpired:
        done = None
    finally:
        PENS.release()
    if done is None or done.returncode or not done.stdout:
        raise Refused(_("This paper is too long to be drawn at once. Print it in parts."))
    return done.stdout


def answer(name: str, content: bytes) -> Response:
    """Return the PDF as an answer that the browser shows under its number."""
    response = Response(content, mimetype="application/pdf")
    response.headers.set("Content-Disposition", "inline", filename=f"{name}.pdf")
    return response


def code_svg(text: str, kind: str = "qr", gs1: bool = False) -> Markup:
    """Return a scannable code as SVG; `gs1` takes AIs in brackets, e.g. "(01)…(17)…(10)…"."""
    import zxingcpp

    code = zxingcpp.create_barcode(text, getattr(zxingcpp.BarcodeFormat, CODES[kind]), gs1=gs1)
    drawn = zxingcpp.write_barcode_to_svg(code, add_quiet_zones=False)
    size = r'<svg width="(\d+)" height="(\d+)"'  # browsers scale it only with a viewBox
    drawn = re.sub(size, r'\g<0> viewBox="0 0 \1 \2"', drawn, count=1).replace(' id="barcode"', "")
    return Markup(drawn[drawn.index("<svg") :])  # noqa: S704 (drawn by the library: bars, no text)
