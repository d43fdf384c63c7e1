"""The lots of products: made when goods come in, corrected, doubted; who holds them."""
