"""The posts of each place, and who holds them."""
