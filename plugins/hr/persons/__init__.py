"""The people: who they are, and the numbers by which others know them."""
