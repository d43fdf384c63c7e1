"""The ledger: every movement from one location to another, and the balances that follow."""
