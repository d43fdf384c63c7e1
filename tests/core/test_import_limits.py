"""No file holds up or swells the server: each is taken apart elsewhere, within limits, its rows and cells counted."""

import io
import json
import os
import time
import zipfile
from pathlib import Path

import pytest

from core.data.errors import Refused
from core.imports import readers, services

pytestmark = pytest.mark.slow
SECONDS, GROWTH = 5, 150 * 2**20
SHEET = '<?xml version="1.0"?><worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'
PARTS = {
    "[Content_Types].xml": '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels" '
    'ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/>'
    '<Override PartName="/xl/workbook.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/>'
    '<Override PartName="/xl/worksheets/sheet1.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/></Types>',
    "_rels/.rels": '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" '
    'Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="xl/workbook.xml"/></Relationships>',
    "xl/workbook.xml": '<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" '
    'xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><sheets><sheet name="S" sheetId="1" r:id="rId1"/></sheets></workbook>',
    "xl/_rels/workbook.xml.rels": '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" '
    'Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" Target="worksheets/sheet1.xml"/></Relationships>',
}  # fmt: skip


def sheet(*pieces):
    """Return an XLSX whose sheet is made of (text, how often)."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for name, text in PARTS.items():
            archive.writestr(name, text)
        with archive.open("xl/worksheets/sheet1.xml", "w") as part:
            part.write(SHEET.encode())
            for text, number in pieces:
                for _turn in range(number):
                    part.write(text.encode())
            part.write(b"</sheetData></worksheet>")
    return out.getvalue()


HEAD = '<row r="1"><c t="inlineStr"><is><t>code</t></is></c><c t="inlineStr"><is><t>name</t></is></c></row>'
NOISE = "".join(f'<c t="inlineStr"><is><t>{n * 7919 % 99991}</t></is></c>' for n in range(1000))
FILES = {
    "two million cells in one row.xlsx": lambda: sheet((HEAD + '<row r="2">', 1), (NOISE, 2000), ("</row>", 1)),
    "a million empty rows.xlsx": lambda: sheet((HEAD, 1), ("<row/>" * 1000, 1000)),
    "one cell of 150 MB.xlsx": lambda: sheet(
        (HEAD + '<row><c t="inlineStr"><is><t>', 1), (os.urandom(5000).hex(), 15_000), ("</t></is></c></row>", 1)
    ),
    "8 MB of lists.json": lambda: b"[" + b'{"a":[' + b"[],[],[],[]," * 700_000 + b"1]}]",
    "30 MB of blank lines.csv": lambda: b"code,name\n" + b"\n" * (30 * 2**20),
    "30 MB of commas.csv": lambda: b"code,name\nA,b\n" + (b"," * 5000 + b"\n") * 6000,
    "objects of a thousand names.json": lambda: json.dumps([{f"n{n}": 1 for n in range(300)}] * 200).encode(),
}


def peak():
    """Return the most memory this process has held since the mark was last set, in bytes."""
    status = Path("/proc/self/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) * 1024


@pytest.mark.parametrize("name", FILES)
def test_a_file_that_would_swell_the_server_is_refused_in_time(app, world, tmp_path, name):
    path = tmp_path / name
    path.write_bytes(FILES[name]())
    Path("/proc/self/clear_refs").write_text("5")
    before, began, spent = peak(), time.monotonic(), time.process_time()
    with pytest.raises(Refused) as refusal, services.sent("core.facility", name, path):
        pass
    assert refusal.value.field == "file" and str(refusal.value.message)
    assert time.process_time() - spent < SECONDS and peak() - before < GROWTH
    assert time.monotonic() - began < 30


def test_the_process_that_reads_has_no_more_than_its_share(tmp_path):
    (tmp_path / "big.json").write_bytes(b"[" + b'{"a":1},' * 3_000_000 + b'{"a":1}]')
    with pytest.raises(Refused, match="memory"):
        readers.table(readers.take_apart(tmp_path / "big.json", "big.json", tmp_path / "table"))
