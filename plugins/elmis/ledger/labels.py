"""The labels of stores: a short number that the search finds, for a door or a shelf."""

from core.contract.ports import Label
from plugins.elmis.ledger.models import STORE, StockLocation
from plugins.elmis.ledger.moves import code_of


def label_of_store(place: StockLocation) -> Label | None:
    """Return the label of a store; the other sides of a movement are no places with a door."""
    if place.kind != STORE:
        return None
    return Label(code_of(place), place.title, [place.facility.name], code_of(place))
