"""A list that is brought in leaves alone what is set aside for an order."""

from datetime import timedelta

import pytest

from core.data.access import acting
from core.data.db import today
from core.data.errors import Refused
from core.data.work import unit_of_work
from core.imports import services as imports
from plugins.elmis.ledger.moves import location
from plugins.elmis.orders import services
from tests.elmis import flow

pytestmark = pytest.mark.both_databases


def test_an_imported_issue_takes_nothing_that_waits_for_an_order(world, tmp_path):
    ids = flow.stocked(world)
    order_id = flow.order(world, ids["product"], 500)
    with unit_of_work(world.access("depot")):
        line, store = flow.of(order_id).lines[0].id, location(world[flow.DEPOT]).id
    flow.by(world, "depot", lambda: services.allocate(flow.of(order_id), {line: {(store, ids["soon"]): 500}}))

    def take(units):
        path = tmp_path / f"{units}.csv"
        heads = "id,facility,product,lot,expiry,quantity,reason,date,counterpart"
        path.write_text(
            f"{heads}\nA{units},{flow.DEPOT},AMOX,SOON,,{units},issue_ward,{today() - timedelta(days=1)},Salle"
        )
        with acting(world.access("depot")):
            return imports.take("elmis.movement", path, world.ids[flow.DEPOT])

    assert take(100).counts["new"] == 1
    with pytest.raises(Refused, match="CMD-"):
        take(101)
