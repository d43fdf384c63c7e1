"""Papers: PDF by WeasyPrint from the same templates and figures as the pages, with a code to scan."""

import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from queue import Empty, LifoQueue
from threading import Timer
from typing import Any

from flask import Response, has_request_context, render_template, request
from markupsafe import Markup

from core.contract.words import _
from core.data.db import today
from core.data.errors import Refused
from core.web import assets
from core.web.drawing import SECONDS, read, write

CODES = {"qr": "QRCode", "datamatrix": "DataMatrix", "code128": "Code128"}
FORMS = {"datamatrix": {"force_square": True}}
DRAWER = Path(__file__).with_name("drawing.py")
LIMIT = 3 * SECONDS  # of the clock; the child that draws limits its own time
PENS: LifoQueue[subprocess.Popen[bytes] | None] = LifoQueue()  # processes that draw, or room for one
for _pen in range(2):
    PENS.put(None)


def pdf(template: str, styles: str = "document.css", rules: str = "", **context: Any) -> bytes:
    """Return a PDF drawn from a template that extends `document.html`, or has its own styles, with further
    `rules`; nothing is fetched from outside.

    It is drawn by a process with limits of memory and time, since the library alone takes 50 MB and 500 lines 90 more.
    Raises Refused beyond them.
    """
    sheet = Markup(assets.stylesheet(styles) + rules)  # noqa: S704 (our own file, and rules of numbers)
    html = render_template(template, sheet=sheet, **context)
    with _a_place_less():
        drawn = _drawn(html)
    if not drawn:
        raise Refused(_("This paper is too long to be drawn at once. Print it in parts."))
    return drawn


def paper(template: str, heading: Any, number: str, issuer: str, **context: Any) -> bytes:
    """Return the PDF of a document: who issues it, what it is, and its number, also as a code that finds it again."""
    code = code_svg(number)
    return pdf(template, heading=heading, number=number, issuer=issuer, code=code, today=today(), **context)


@contextmanager
def _a_place_less() -> Iterator[None]:
    """Let the embedded server compute another page while this one waits for its paper."""
    place = request.environ.get("amagara.place") if has_request_context() else None
    if place is None:
        yield
        return
    place.release()
    try:
        yield
    finally:
        place.acquire()


def _drawn(html: str) -> bytes:
    try:
        pen = PENS.get(timeout=60)
    except Empty:
        raise Refused(_("Other long papers are being drawn. Try again in a minute.")) from None
    drawn = b""
    try:
        pen = pen if pen and pen.poll() is None else _new_pen()
        drawn = _drawn_by(pen, html)
    finally:
        if not drawn and pen:
            pen.kill()
            pen.communicate()
        PENS.put(pen if drawn else None)
    return drawn


def _new_pen() -> subprocess.Popen[bytes]:
    base = (assets.DIST / "document.html").as_uri()
    command = [sys.executable, "-I", str(DRAWER), base]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)  # noqa: S603


def _drawn_by(pen: subprocess.Popen[bytes], html: str) -> bytes:
    """Return the PDF; nothing when the pen broke, or when it took too long and was stopped."""
    assert pen.stdin and pen.stdout
    guard = Timer(LIMIT, pen.kill)
    guard.start()
    try:
        write(pen.stdin, html.encode())
        return read(pen.stdout)
    except BrokenPipeError:
        return b""
    finally:
        guard.cancel()


def answer(name: str, content: bytes) -> Response:
    """Return the PDF as an answer that the browser shows under its number."""
    response = Response(content, mimetype="application/pdf")
    response.headers.set("Content-Disposition", "inline", filename=f"{name}.pdf")
    return response


def code_svg(text: str, kind: str = "qr", gs1: bool = False) -> Markup:
    """Return a scannable code as SVG, square but for bars; `gs1` takes AIs in brackets, e.g. "(01)…(17)…(10)…"."""
    import zxingcpp

    code = zxingcpp.create_barcode(text, getattr(zxingcpp.BarcodeFormat, CODES[kind]), gs1=gs1, **FORMS.get(kind, {}))
    drawn = zxingcpp.write_barcode_to_svg(code, add_quiet_zones=False)
    size = r'<svg width="(\d+)" height="(\d+)"'  # browsers scale it only with a viewBox
    drawn = re.sub(size, r'\g<0> viewBox="0 0 \1 \2"', drawn, count=1).replace(' id="barcode"', "")
    return Markup(drawn[drawn.index("<svg") :])  # noqa: S704 (drawn by the library: bars, no text)
