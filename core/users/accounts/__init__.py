"""The accounts of people."""
