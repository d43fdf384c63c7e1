"""Interims: who stands in for whom, where, and for how long."""
