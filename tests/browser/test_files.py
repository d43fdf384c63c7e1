"""Documents and photos in a real browser: taken with a phone, dropped with a mouse, looked at and taken away."""

import io
import time

from PIL import Image
from playwright.sync_api import expect

from tests.browser.test_pages import looked_at


def photo(folder, size=(3000, 2250)):
    """Return the path of a photo as a phone makes it: large, lying on its side, and saying where it was taken."""
    exif = Image.Exif()
    exif[0x010F], exif[0x0112] = "SecretPhone", 6
    exif.get_ifd(0x8825).update({1: "S", 2: (3.0, 22.0, 33.0), 3: "E", 4: (29.0, 21.0, 44.0)})
    image = Image.effect_noise((size[0] // 4, size[1] // 4), 60).resize(size).convert("RGB")
    image.save(path := folder / "IMG_2041.jpg", quality=95, exif=exif)
    return path


def until(true):
    """Wait until something is so; the policy of the pages lets no text be run, so the browser cannot wait by itself."""
    end = time.monotonic() + 30
    while not true():
        assert time.monotonic() < end
        time.sleep(0.1)


def facility(page):
    """Open the page of a facility."""
    page.goto("/facilities")
    page.goto(page.locator("main table tbody a").first.get_attribute("href"))
    return page.locator("#documents")


def test_a_phone_sends_a_photo_and_sees_it(enter, tmp_path):
    page = enter("admin", 390, has_touch=True, is_mobile=True)
    panel = facility(page)
    camera = panel.locator("input[capture=environment]")
    expect(panel.get_by_text("Prendre une photo")).to_be_visible()
    camera.set_input_files(path := photo(tmp_path))
    expect(panel.locator(".files-chosen")).to_have_text("IMG_2041.jpg")
    until(lambda: page.evaluate("document.querySelector('[capture]').files[0].size") < path.stat().st_size / 2)
    with page.expect_navigation():
        panel.get_by_role("button", name="Ajouter").click()
    small = page.locator(".file-look img")
    small.wait_for(timeout=30_000)
    until(lambda: small.evaluate("image => image.naturalWidth") > 0)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    address = page.locator(".file-text a").first.get_attribute("href")
    content = page.context.request.get(address).body()
    assert b"SecretPhone" not in content and b"Exif" not in content
    with Image.open(io.BytesIO(content)) as image:
        assert image.height > image.width, "it stands upright"
    page.goto(address)
    assert page.evaluate("document.images[0].naturalWidth") > 0


def test_files_are_dropped_with_a_mouse_and_taken_away_with_a_reason(enter):
    page = enter("admin")
    panel = facility(page)
    expect(panel.get_by_text("Prendre une photo")).to_be_hidden()
    drop = (
        "(field) => { const data = new DataTransfer();"
        " data.items.add(new File(['%PDF-1.4\\n%%EOF\\n'], 'plan.pdf', { type: 'application/pdf' }));"
        " field.dispatchEvent(new DragEvent('drop', { bubbles: true, cancelable: true, dataTransfer: data })); }"
    )
    panel.locator("[data-files]").evaluate(drop)
    expect(panel.locator(".files-chosen")).to_have_text("plan.pdf")
    with page.expect_navigation():
        panel.get_by_role("button", name="Ajouter").click()
    row = page.locator(".files li", has_text="plan.pdf")
    expect(row).to_be_visible()
    assert looked_at(page) == []
    with page.expect_navigation():
        row.get_by_role("link", name="Retirer plan.pdf").click()
    page.fill("[name=reason]", "Mauvais bâtiment")
    with page.expect_navigation():
        page.get_by_role("button", name="Retirer").click()
    expect(page.locator(".files li", has_text="plan.pdf").locator("a")).to_have_count(0)
    page.locator(".files details summary").click()
    expect(page.get_by_text("« Mauvais bâtiment »")).to_be_visible()
