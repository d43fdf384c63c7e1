"""Signatures as Standard Webhooks has them (standardwebhooks.com): HMAC-SHA256 over name, moment and body."""

import base64
import hmac
import secrets
from collections.abc import Iterable

PREFIX = "whsec_"


def new_secret() -> str:
    """Return a new secret: 32 random bytes, as libraries of receivers read it."""
    return PREFIX + base64.b64encode(secrets.token_bytes(32)).decode()


def headers(name: str, at: int, body: str, known: Iterable[str]) -> dict[str, str]:
    """Return what a sending carries, signed with each of some secrets; `at` is in seconds since 1970."""
    signatures = [f"v1,{_signature(secret, f'{name}.{at}.{body}')}" for secret in known]
    return {"webhook-id": name, "webhook-timestamp": str(at), "webhook-signature": " ".join(signatures)}


def _signature(secret: str, text: str) -> str:
    key = base64.b64decode(secret.removeprefix(PREFIX))
    return base64.b64encode(hmac.digest(key, text.encode(), "sha256")).decode()
