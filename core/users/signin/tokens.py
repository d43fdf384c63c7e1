"""What is stored of a secret that somebody carries: its hash alone."""

import hashlib


def hash_token(token: str) -> str:
    """Return what is stored of a token."""
    return hashlib.sha256(token.encode()).hexdigest()
