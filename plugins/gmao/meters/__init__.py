"""Meters of equipment: hours run, kilometres and cycles, as people read them."""
