"""Safety alerts: what a maker or an authority says of devices, the pieces that it means, and what became of each."""
