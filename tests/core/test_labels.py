"""Printed labels: drawn, made an image as coarse as label printers are, and read again."""

import json

import pypdfium2
import pytest
import zxingcpp

from core.contract.ports import Label
from core.data.errors import Refused
from core.labels import device, layout
from core.labels.fitting import broken, shortened, width
from core.labels.formats import FORMATS, Format
from core.web import documents

LOT = "(01)03453120000011(17)280630(10)"
LABELS = [
    Label("A", "", ()),
    Label("MAG-7", "Dépôt de l’hôpital – Kirundo", ["Œuvre, façade, Noël à Gîtega"], "MAG-7", "qr"),
    Label(f"{LOT}L1", "Éry", ["Lot L1"], gs1=True),
    Label(
        f"{LOT}ABCDEFGHIJ1234567890(21)SERIE-ABCDEFGHIJ-12",
        "Artéméther 20 mg + luméfantrine 120 mg, comprimé dispersible, enfants de 5 à 14 kg, plaquette de six",
        ["Lot ABCDEFGHIJ1234567890", "Exp. 30/06/2028", "ARTEMETHER-LUMEFANTRINE-20-120-ENFANTS"],
        "GTIN 03453120000011 · Boîte de trente plaquettes de six comprimés",
        gs1=True,
    ),
    Label("Étiquette n° 12, çà et là", "M" * 60, ["W" * 80, "", "œ" * 50], "Ÿ" * 90),
]


@pytest.fixture
def drawn(app):
    """Return a function that gives the PDF of labels on a format, and each one as it was laid out."""

    def draw(labels, format, first=1, shift=(0, 0)):
        kinds = [layout.laid_out(label, format) for label in labels]
        with app.test_request_context():
            pages = layout.pages(range(len(labels)), format, first)
            content = documents.pdf(
                "labels/sheet.html", "labels.css", layout.rules(format, kinds, shift), heading="x", kinds=kinds,
                pages=pages, language="fr",
            )  # fmt: skip
        return pypdfium2.PdfDocument(content), kinds

    return draw


def codes(page, dpi):
    """Return [(text, left, top in mm)] of the codes that are read from an image of a page."""
    image = page.render(scale=dpi / 72).to_pil().convert("L")
    mm = 25.4 / dpi
    return [
        (one.text, min(corner.x for corner in corners(one)) * mm, min(corner.y for corner in corners(one)) * mm)
        for one in zxingcpp.read_barcodes(image)
    ]


WHITE = {"qr": 4, "datamatrix": 1}  # modules around a code, by ISO/IEC 18004 and 16022


def modules(label):
    return layout._code(label.code, label.symbology, label.gs1)[1]


def corners(one):
    return one.position.top_left, one.position.top_right, one.position.bottom_left, one.position.bottom_right


@pytest.mark.parametrize("dpi", [203, 300])
@pytest.mark.parametrize("format", FORMATS.values(), ids=FORMATS)
def test_what_is_printed_is_read_again_and_lies_where_it_should(drawn, format, dpi):
    """Every format, the longest and the shortest contents; a begun sheet and a printer that prints beside."""
    first, shift = (format.number - 2, (0.7, -0.4)) if format.number > 1 else (1, (0, 0))
    paper, kinds = drawn(LABELS, format, first, shift)
    places = list(format.places())
    wanted = layout.pages(range(len(LABELS)), format, first)
    assert len(paper) == len(wanted), "no sheet more"
    for page, kept in zip(paper, wanted, strict=True):
        assert [side / 72 * 25.4 for side in page.get_size()] == pytest.approx(format.size, abs=0.1)
        found = {text: (left, top) for text, left, top in codes(page, dpi)}
        assert found.keys() == {LABELS[kind].code for _place, kind in kept}
        for place, kind in kept:
            left, top = (at + by for at, by in zip(places[place], shift, strict=True))
            expected = left + kinds[kind].left, top + kinds[kind].top
            assert found[LABELS[kind].code] == pytest.approx(expected, abs=0.3)


@pytest.mark.parametrize("format", FORMATS.values(), ids=FORMATS)
def test_no_text_leaves_its_label_or_reaches_the_code(drawn, format):
    paper, kinds = drawn(LABELS, format)
    seen = 0
    for page, kept in zip(paper, layout.pages(range(len(LABELS)), format), strict=True):
        high, text = page.get_size()[1], page.get_textpage()
        boxes = [
            text.get_charbox(number) for number in range(text.count_chars()) if text.get_text_range(number, 1).strip()
        ]
        areas = []
        for place, kind in kept:
            left, top = list(format.places())[place]
            quiet = WHITE[LABELS[kind].symbology] * kinds[kind].side / modules(LABELS[kind])
            code = left + kinds[kind].left - quiet, top + kinds[kind].top - quiet, kinds[kind].side + 2 * quiet
            assert code[0] >= left and code[1] >= top and code[0] + code[2] <= left + format.width + 1e-6
            areas.append(((left, top, left + format.width, top + format.height), code))
        for box in boxes:
            left, bottom, right, top = (each / 72 * 25.4 for each in box)
            top, bottom = high / 72 * 25.4 - top, high / 72 * 25.4 - bottom
            within = [
                code for (x, y, x2, y2), code in areas
                if x + format.inset - 0.1 <= left and right <= x2 - format.inset + 0.1 and y <= top and bottom <= y2
            ]  # fmt: skip
            assert within, "a letter lies outside its label"
            x, y, side = within[0]
            assert not (left < x + side and right > x and top < y + side and bottom > y), "a letter lies on the code"
            seen += 1
    assert seen > 100


def test_text_is_measured_as_it_is_drawn(drawn):
    """Else an ellipsis would come too early or too late; bold letters too."""
    paper, kinds = drawn(
        [Label("A", "Ézéchiel Nïyonkuru, garçon œuvrant", ["iiiiiWWWWW 0123456789"])], FORMATS["100x50"]
    )
    text = paper[0].get_textpage()
    said = text.get_text_range()
    for line in kinds[0].lines:
        start = said.index(line.text)
        last = start + len(line.text) - 1
        drawn_mm = (text.get_charbox(last)[2] - text.get_charbox(start)[0]) / 72 * 25.4
        measured = width(line.text, line.size, line.bold)
        assert 0.94 * measured - 0.3 < drawn_mm <= measured, "pairs of letters stand nearer to each other"


def test_a_code_too_fine_is_refused_and_a_larger_format_named():
    long = Label("X" * 900, "Long")
    with pytest.raises(Refused, match=r"62 × 29 mm") as refusal:
        layout.require_legible([LABELS[0], long], FORMATS["50x30"])
    assert refusal.value.field == "format"
    layout.require_legible([long], FORMATS["62x29"])
    layout.require_legible(LABELS, FORMATS["38x21"])
    for beyond in (
        Label("Ä" * 2900, "Longer", symbology="qr"),
        Label("X" * 4000, "Longest"),
        Label("(01)1", "No GTIN", gs1=True),
    ):
        with pytest.raises(Refused, match=r"format"):
            layout.require_legible([beyond], FORMATS["100x50"])


def test_words_are_shortened_and_codes_never():
    assert shortened("Paracétamol", 100, 8) == "Paracétamol"
    cut = shortened("Paracétamol 500 mg", 15, 8)
    assert cut.endswith("…") and width(cut, 8) <= 15 < width("Paracétamol 500 mg", 8)
    assert shortened("Paracétamol", 0.5, 8) == ""
    lines = broken("un deux trois quatre cinq six sept huit", 15, 8, 2)
    assert len(lines) == 2 and lines[0] == "un deux" and lines[1].endswith("…")
    assert broken("", 15, 8, 2) == []
    assert all("…" not in layout.laid_out(label, FORMATS["38x21"]).code for label in LABELS)


def test_a_module_is_whole_dots_of_a_coarse_printer():
    for format in FORMATS.values():
        for label in LABELS:
            drawn, wide = layout.laid_out(label, format), modules(label)
            dots = drawn.side / wide / (25.4 / 203)
            assert dots == pytest.approx(round(dots), abs=1e-6) and dots >= 2
            assert drawn.left >= format.inset and drawn.top >= 0


def test_formats_lie_on_their_pages():
    for format in FORMATS.values():
        assert format.fits_its_page() and len(list(format.places())) == format.number
        *_others, (left, top) = format.places()
        right, below = format.size[0] - left - format.width, format.size[1] - top - format.height
        assert right == pytest.approx(format.left, abs=0.6) and below == pytest.approx(format.top, abs=0.6)
    assert not Format("x", "x", 80, 37, 3, 8, (210, 297)).fits_its_page()


@pytest.mark.parametrize(
    "kept",
    [
        "", "{", "[]", '{"format":"none","first":1,"right":0,"down":0,"own":null}',
        '{"format":"70x37","first":-3,"right":0,"down":0,"own":null}',
        '{"format":"70x37","first":1,"right":1e9,"down":0,"own":null}',
        '{"format":"own","first":1,"right":0,"down":0,"own":{"page":[10,10],"columns":9,"rows":9,"width":50}}',
        '{"format":"70x37","first":1e999,"right":0,"down":0,"own":null}',
    ],
)  # fmt: skip
def test_a_cookie_written_by_hand_is_no_format(app, kept):
    with app.test_request_context(headers={"Cookie": f"labels={json.dumps(kept) if kept else kept}"}):
        assert device.read() == device.Device()


def test_the_device_remembers_its_own_format(app):
    own = device.own_format((100.0, 150.0), 2, 3, width=45, height=40, left=2, top=5, across=3, down=4, inset=1)
    with app.test_request_context():
        answer = app.response_class()
        device.keep(answer, found := device.Device("own", 4, -0.5, 1.5, own))
        cookie = answer.headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    with app.test_request_context(headers={"Cookie": cookie.partition(";")[0]}):
        assert device.read() == found
