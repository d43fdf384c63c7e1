"""Signing in, and the sessions that follow."""
