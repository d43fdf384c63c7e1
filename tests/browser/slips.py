"""What a storekeeper does on a device, and what came of it on the server."""

import os
import signal
from contextlib import suppress
from pathlib import Path

from playwright.sync_api import Page, expect

from core.users.demo import PASSWORD

DISPENSE = "/elmis/store/new/dispense"
OPEN = "new Promise((done) => { const ask = indexedDB.open('amagara'); ask.onsuccess = () => done(ask.result); })"
QUEUE = (
    OPEN
    + """.then((base) => new Promise((done) => {
    const ask = base.transaction("queue").objectStore("queue").getAll();
    ask.onsuccess = () => { base.close(); done(ask.result); };
}))"""
)
TAKE_KEY = (
    "async (key) => { const base = await "
    + OPEN
    + """;
    const queue = base.transaction("queue", "readwrite").objectStore("queue"), ask = queue.getAll();
    await new Promise((done) => { ask.onsuccess = () => {
        const [item] = ask.result;
        queue.delete(item.key);
        queue.put({ ...item, key, fields: item.fields.map(([name, value]) => [name, name === "_key" ? key : value]) });
        queue.transaction.oncomplete = done;
    }; });
    base.close();
}"""
)


def write(page: Page, product: str, quantity: int) -> None:
    """Write a slip of one line as a person does, choosing the article from the list."""
    page.goto(DISPENSE)
    box = page.locator("[data-line] [role=combobox]").first
    box.click()
    box.press_sequentially(product, delay=90)
    page.locator("[role=option]", has_text=product).first.click(timeout=20_000)
    page.fill("[name=lines-0-quantity]", str(quantity))


def send(page: Page) -> None:
    page.locator("main form .button.strong").first.click()


def number(page: Page) -> int:
    text = page.locator("[data-queue-number]").text_content() or "0"
    return int(text)


def kept(page: Page, products: list[str], *quantities: int) -> None:
    """Write slips while the server is away; each waits on the device."""
    before = len(page.evaluate(QUEUE))  # the page may not show its number yet
    for count, quantity in enumerate(quantities, before + 1):
        write(page, products[count % 2], quantity)
        with page.expect_navigation():
            send(page)
        expect(page.locator("[data-queue-number]")).to_have_text(str(count))


def dispensed(house) -> list[int]:
    """Return what each slip dispensed since the server began, in the order in which they were recorded.

    A slip of one line is several movements where it takes from several lots: which these are, the day of the demonstration
    decides.
    """
    return [
        row[0]
        for row in house.rows(
            "select sum(m.quantity) from elmis_movement m join elmis_reason r on r.id = m.reason_id "
            "where r.code = 'dispensed' and m.recorded_at > ? group by m.document order by min(m.id)", house.begun,
        )
    ]  # fmt: skip


def gone(page: Page) -> None:
    """Wait until nothing waits any more."""
    page.goto("/device")
    expect(page.locator("main [data-none]")).to_be_visible(timeout=30_000)


def sign_in(page: Page, login: str) -> None:
    """Sign in on the page that is shown."""
    page.fill("[name=login]", login)
    page.fill("[name=password]", PASSWORD)
    with page.expect_navigation():
        page.press("[name=password]", "Enter")


def kill(profile: Path) -> None:
    """Kill the processes of a browser that lives in a folder."""
    for folder in Path("/proc").iterdir():
        with suppress(OSError):
            if folder.name.isdigit() and str(profile).encode() in (folder / "cmdline").read_bytes():
                os.kill(int(folder.name), signal.SIGKILL)
