"""The figures of maintenance: what works, how long it stands still, what to replace; every figure opens its rows."""
