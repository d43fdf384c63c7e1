"""Secrets that the server needs again are kept sealed, by a key that is made of its own for each purpose."""

import base64

from cryptography.fernet import Fernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from flask import current_app


def seal(purpose: str) -> Fernet:
    """Return what seals and opens for a purpose; what was sealed under another AMAGARA_SECRET_KEY is InvalidToken."""
    key = HKDF(SHA256(), 32, salt=None, info=f"amagara {purpose}".encode())
    return Fernet(base64.urlsafe_b64encode(key.derive(current_app.config["SECRET_KEY"].encode())))
