"""What an administration sets: one page for all plugins, changed by a verb, with its trail."""
