"""Keeping the installation itself in order: anchors, cleaning, unsafe settings, and the page that tells."""
