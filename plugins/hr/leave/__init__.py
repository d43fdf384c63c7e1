"""Leave: the kinds and rules of it, who asks, who gives an opinion, who decides, and what is left."""
