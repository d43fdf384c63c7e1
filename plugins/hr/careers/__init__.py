"""Careers: what happened to an agent, from recruitment to exit; the present state follows from it."""
