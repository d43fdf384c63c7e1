"""Tokens: what a program shows instead of a password, with a part of a person's rights, a place and an end."""
