"""Document numbers: what each series has given, and the years that are closed."""
