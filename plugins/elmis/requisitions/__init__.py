"""Requisitions: what the system proposes, its confirmation by the facility and its approval."""
