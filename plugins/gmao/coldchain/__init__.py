"""The cold chain: temperatures of refrigerators and freezers, their breaches, and the lots that these put at risk."""
