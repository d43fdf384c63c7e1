"""Physical counts: a sheet of what should be there, what was found, and the difference posted at once."""
