"""The demonstration of maintenance: the equipment of the country, how it worked, who repaired and who maintained it."""

from plugins.gmao.demo import coldchain, equipment, plans


def load(size: str) -> None:
    """Insert the equipment of the district or the country, and the plans and temperatures of the district."""
    equipment.load(size)
    plans.load()
    coldchain.load()
