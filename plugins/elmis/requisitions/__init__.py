"""Requisitions: the proposed order, its confirmation by the facility and its approval."""
