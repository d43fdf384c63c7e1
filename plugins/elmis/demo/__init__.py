"""The demonstration: a played past of stocks, and an order at each stage of the cycle."""
