"""Spare parts of work orders: asked of the store, handed out there, or brought along."""
