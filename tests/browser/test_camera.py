"""A phone's camera reads codes: zxing in the page, under the strict policy, with nothing fetched from elsewhere."""

import re
from base64 import b64decode
from collections.abc import Iterator
from pathlib import Path

import pypdfium2
import pytest
import zxingcpp
from PIL import Image
from playwright.sync_api import Page, Playwright, expect

from core.web import assets
from tests.browser.conftest import Chromium, entering

PACK = "(01)09526760000407(10)LOT-42A(17)280630"  # PAL004, packs of 75
SIZE = 640, 480
FAKE = ["--use-fake-ui-for-media-stream", "--use-fake-device-for-media-stream"]


def package() -> Image.Image:
    """Return the code of a package as its maker prints it."""
    code = zxingcpp.create_barcode(PACK, zxingcpp.BarcodeFormat.DataMatrix, gs1=True)
    return Image.fromarray(zxingcpp.write_barcode_to_image(code, scale=6, add_quiet_zones=True)).convert("L")


def film(path: Path, drawn: Image.Image) -> None:
    """Write a film in which what is drawn is seen, goes, and comes again, turned a little as hands hold it."""
    frames = [Image.new("L", SIZE, 170) for _n in range(2)]
    turned = drawn.rotate(7, expand=True, fillcolor=255)
    frames[0].paste(turned, tuple((whole - part) // 2 for whole, part in zip(SIZE, turned.size, strict=True)))
    colour = b"\x80" * (SIZE[0] * SIZE[1] // 2)
    with path.open("wb") as out:
        out.write(f"YUV4MPEG2 W{SIZE[0]} H{SIZE[1]} F5:1 Ip A1:1 C420jpeg\n".encode())
        for number in range(40):
            out.write(b"FRAME\n" + frames[0 if number < 20 else 1].tobytes() + colour)


@pytest.fixture
def phone(playwright: Playwright, served: str, tmp_path: Path) -> Iterator[Page]:
    """Yield the phone of a storekeeper, who holds a package in front of it."""
    film(tmp_path / "pack.y4m", package())
    chrome = Chromium(playwright, *FAKE, f"--use-file-for-fake-video-capture={tmp_path / 'pack.y4m'}")
    with entering(chrome, served) as enter:
        yield enter("magasinier", width=390, permissions=["camera"])
    chrome.close(chrome.running())


def test_the_camera_fills_a_line_and_counts_packages(phone):
    asked: list[str] = []
    said: list[str] = []
    phone.on("request", lambda request: asked.append(request.url))
    phone.on("console", lambda one: said.append(one.text))
    phone.goto("/elmis/store/new/receive")
    assert not [url for url in asked if "camera" in url or "zxing" in url], "the camera is no part of a page"
    phone.get_by_role("button", name="Lire avec l’appareil photo").click()
    expect(phone.locator(".camera-read")).to_contain_text("LOT-42A", timeout=20_000)
    expect(phone.locator("[data-field=quantity]").first).to_have_value("75", timeout=10_000)
    expect(phone.locator("[data-field=quantity]").first).to_have_value("150", timeout=20_000)
    phone.get_by_role("button", name="Fermer").click()
    expect(phone.locator("dialog.camera")).to_have_count(0)
    assert phone.locator("[data-field=lot]").first.input_value() == "LOT-42A"
    assert phone.locator("[data-field=expiry]").first.input_value() == "30/06/2028"
    assert phone.evaluate("document.querySelectorAll('[data-line]').length") == 1
    host = phone.url.split("/")[2]
    assert {url.split("/")[2] for url in asked if url.startswith("http")} == {host}
    assert [text for text in said if "Content Security Policy" in text] == []


def printed(page: Page, id: int) -> Image.Image:
    """Return the label of a piece as the house prints it, the white of its sheet around it cut off."""
    page.goto(f"/labels/gmao.equipment?ids={id}")
    found = page.evaluate(
        "async () => { const form = document.querySelector('main form'); "
        "const answer = await fetch(form.action, {method: 'POST', body: new URLSearchParams(new FormData(form))}); "
        "return btoa(String.fromCharCode(...new Uint8Array(await answer.arrayBuffer()))); }"
    )
    sheet = pypdfium2.PdfDocument(b64decode(found))[0].render(scale=3).to_pil().convert("L")
    label = sheet.crop(sheet.point(lambda tone: 255 - tone).getbbox())
    return label.resize((480, 480 * label.height // label.width))


def test_the_label_of_a_piece_is_scanned_in_an_inventory(house, chrome, playwright, tmp_path):
    id, tag, campaign = house.rows(
        "select e.id, e.code, c.id from gmao_equipment e join gmao_campaign c on c.facility_id = e.facility_id "
        "where c.state = 'reconciliation' and e.state = 'in_service' order by e.id limit 1"
    )[0]
    with entering(chrome, house.address) as enter:
        film(tmp_path / "label.y4m", printed(enter("atelier"), id))
    seeing = Chromium(playwright, *FAKE, f"--use-file-for-fake-video-capture={tmp_path / 'label.y4m'}")
    with entering(seeing, house.address) as enter:
        phone = enter("technicien", width=390, permissions=["camera"], has_touch=True, is_mobile=True)
        phone.goto(f"/do/gmao.campaign.scan/{campaign}")
        phone.get_by_role("button", name="Lire avec l’appareil photo").tap()
        expect(phone.locator("#equipment-text")).to_have_value(re.compile(f"{tag}$"), timeout=20_000)
        phone.get_by_role("button", name="Fermer").tap()
        phone.fill("[name=room]", "Salle 9")
        with phone.expect_navigation():
            phone.locator("main").get_by_role("button", name="Relever un équipement").tap()
        scanned = house.rows("select equipment_id, room from gmao_campaign_scan order by id desc limit 1")
        assert scanned == [(id, "Salle 9")]
    seeing.close(seeing.running())


def test_the_camera_keeps_within_its_weight():
    sizes = [(assets.DIST / f"{assets.manifest()[name]}.br").stat().st_size for name in ("camera.js", "zxing.wasm")]
    assert sizes[0] <= 14 * 1024 and sizes[1] <= 340 * 1024
