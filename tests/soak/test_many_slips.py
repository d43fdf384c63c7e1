"""A week of a store without a network: many slips in a row, then the link; none lost, none twice, in their order.

AMAGARA_SOAK_SLIPS says how many slips (200, some minutes).
"""

import os
import time

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import amagara
from tests.browser.slips import DISPENSE, QUEUE, dispensed, send
from tests.soak.test_device import FILL

SLIPS = int(os.environ.get("AMAGARA_SOAK_SLIPS", "200"))


@pytest.mark.timeout(3600)
def test_many_slips_in_a_row_and_then_the_link(house, page, products):
    house.stop()
    begun = time.monotonic()
    for number in range(1, SLIPS + 1):
        page.goto(DISPENSE)
        page.evaluate(FILL, [products[number % 2], f"slip-{number:04}"])
        page.fill("[name=lines-0-quantity]", str(number))
        with page.expect_navigation():
            send(page)
        expect(page.locator("[data-queue-number]")).to_have_text(str(number))
    written = time.monotonic()
    assert len(page.evaluate(QUEUE)) == SLIPS
    house.start()
    there = time.monotonic()
    page.goto("/device")
    expect(page.locator("main [data-none]")).to_be_visible(timeout=SLIPS * 3_000)
    sent = time.monotonic()
    print(f"{SLIPS} slips: written in {written - begun:.0f} s, sent in {sent - there:.0f} s")
    assert dispensed(house) == list(range(1, SLIPS + 1))
    lying = "from elmis_balance b join elmis_location l on l.id = b.location_id where l.kind = 'store'"
    assert house.rows(f"select min(b.quantity) {lying}")[0][0] >= 0
    amagara(house.folder, "audit", "verify")
