"""The register: every piece of equipment, where it is and whether it works."""
