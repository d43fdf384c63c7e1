"""Fault reports: who stands before a machine says what is wrong, by account or by label; the workshop decides."""
