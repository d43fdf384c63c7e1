"""Replenishment: what the ledger says of a facility, put through the formulas: what it should ask for, and why.

`reports`, `shelves` and `returns` read the movements, `reading` puts them together for a day, `services` proposes.
"""
