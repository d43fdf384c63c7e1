"""What is promised of the stock: orders with the lots set aside for them, deliveries on the road, receipts awaited.

The ledger stands above it, and lets nobody take by chance what is set aside; the work with orders is in `orders`.
"""
