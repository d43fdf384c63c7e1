"""A phone's camera reads codes: zxing in the page, under the strict policy, with nothing fetched from elsewhere."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import zxingcpp
from PIL import Image
from playwright.sync_api import Page, Playwright, expect

from core.web import assets
from tests.browser.conftest import Chromium, entering

PACK = "(01)09526760000407(10)LOT-42A(17)280630"  # PAL004, packs of 75
SIZE = 640, 480


def film(path: Path) -> None:
    """Write a film in which the code is seen, goes, and comes again, turned a little as hands hold it."""
    code = zxingcpp.create_barcode(PACK, zxingcpp.BarcodeFormat.DataMatrix, gs1=True)
    drawn = Image.fromarray(zxingcpp.write_barcode_to_image(code, scale=6, add_quiet_zones=True)).convert("L")
    frames = [Image.new("L", SIZE, 170) for _n in range(2)]
    frames[0].paste(drawn.rotate(7, expand=True, fillcolor=255), (190, 130))
    colour = b"\x80" * (SIZE[0] * SIZE[1] // 2)
    with path.open("wb") as out:
        out.write(f"YUV4MPEG2 W{SIZE[0]} H{SIZE[1]} F5:1 Ip A1:1 C420jpeg\n".encode())
        for number in range(40):
            out.write(b"FRAME\n" + frames[0 if number < 20 else 1].tobytes() + colour)


@pytest.fixture
def phone(playwright: Playwright, served: str, tmp_path: Path) -> Iterator[Page]:
    """Yield the phone of a storekeeper, who holds a package in front of it."""
    film(tmp_path / "pack.y4m")
    fake = ["--use-fake-ui-for-media-stream", "--use-fake-device-for-media-stream"]
    chrome = Chromium(playwright, *fake, f"--use-file-for-fake-video-capture={tmp_path / 'pack.y4m'}")
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


def test_the_camera_keeps_within_its_weight():
    sizes = [(assets.DIST / f"{assets.manifest()[name]}.br").stat().st_size for name in ("camera.js", "zxing.wasm")]
    assert sizes[0] <= 14 * 1024 and sizes[1] <= 340 * 1024
