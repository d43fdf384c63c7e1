"""The demonstration of maintenance: the equipment of the country, how it worked, who repaired and who maintained it;
a safety alert, what donors offer, what was inventoried and what is disposed of."""

from plugins.gmao.demo import campaigns, coldchain, disposals, donations, equipment, meters, plans, safety, testing


def load(size: str) -> None:
    """Insert the equipment of the district or the country; of the district plans, temperatures and offers; an alert."""
    equipment.load(size)
    plans.load()
    coldchain.load()
    safety.load()
    donations.load()
    campaigns.load()
    disposals.load()
    meters.load()
    testing.load()
