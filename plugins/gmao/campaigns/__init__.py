"""Inventory campaigns: what is really there, set against the register."""
