"""The work of a store: receive, issue to a ward, dispense, losses, adjustments, each a document of lines."""
