"""Orders: lots set aside, picked, packed, shipped, received, with the papers that travel along."""
