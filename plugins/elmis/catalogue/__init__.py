"""What is ordered and stored: products, their packs, lots, programmes and policies."""
