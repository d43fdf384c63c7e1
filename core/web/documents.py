"""Papers: PDF by WeasyPrint from the same templates and figures as the pages, with a code to scan."""

import re
from typing import Any

from flask import Response, render_template
from markupsafe import Markup

from core.web import assets

CODES = {"qr": "QRCode", "datamatrix": "DataMatrix", "code128": "Code128"}


def pdf(template: str, **context: Any) -> bytes:
    """Return a PDF drawn from a template that extends `document.html`; nothing is fetched from outside."""
    from weasyprint import HTML  # slow to load and needs Pango: only where a paper is drawn

    sheet = Markup(assets.stylesheet("document.css"))  # noqa: S704 (our own file)
    html = render_template(template, sheet=sheet, **context)
    return bytes(HTML(string=html, base_url=(assets.DIST / "document.html").as_uri()).write_pdf())


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
