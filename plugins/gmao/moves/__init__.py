"""Equipment on its way from one facility to another: sent, and acknowledged or sent back."""
