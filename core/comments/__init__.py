"""What people say about an object: written beneath it, read by whoever may read it, told to whom it concerns."""
