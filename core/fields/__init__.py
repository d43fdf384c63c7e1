"""Own fields of an administration: which there are, and what becomes of them."""
