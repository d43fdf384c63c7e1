"""The list of facilities."""

from core.web.tables import Column, Table


class FacilityTable(Table):
    """All facilities that exist."""
