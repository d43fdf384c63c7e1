"""Maintenance of equipment: what a facility has, whether it works, and who does what about it."""
