"""Work without a network: what a device keeps, the forms that wait on it, and what was sent of them."""
