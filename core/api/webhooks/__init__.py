"""Webhooks: addresses outside that are told of facts, signed, as far as an account may know of them."""
