"""The description of the interface, drawn from what is declared: OpenAPI 3.1, and pages that people read."""
