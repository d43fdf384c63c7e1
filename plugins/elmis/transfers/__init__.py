"""Transfers: goods go to another facility without an order, sent of oneself or because somebody asked for them."""
