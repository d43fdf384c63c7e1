"""Transfer requests: a store is asked to give what it has too much of to one that lacks it, and answers."""
