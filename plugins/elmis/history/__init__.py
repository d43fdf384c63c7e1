"""The past of stocks comes in from another system: movements and counts, all or nothing."""
