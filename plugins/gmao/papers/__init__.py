"""Papers of maintenance that several rooms fill: the work order on A4."""
