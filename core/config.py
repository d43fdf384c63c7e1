"""Settings, from the environment. `docs/settings.md` lists each; none is needed to start."""

import contextlib
import os
import re
import secrets
import tempfile
from collections.abc import Mapping
from email.utils import parseaddr
from pathlib import Path
from typing import Any

SENDER = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]+@[A-Za-z0-9.-]+")


class CannotStart(RuntimeError):
    """Raised at the start for what whoever starts it, or writes a plugin, has to change: the words say what."""


def from_environment(env: Mapping[str, str] | None = None) -> dict[str, Any]:
    """Return the Flask configuration of this process."""
    env = os.environ if env is None else env
    instance = Path(env.get("AMAGARA_INSTANCE", "instance")).resolve()
    production = env.get("AMAGARA_PROFILE", "embedded") == "production"
    keys = Path(env.get("AMAGARA_KEYS") or (f"{instance}-keys" if production else instance)).resolve()
    plugins = env.get("AMAGARA_PLUGINS")
    url = env.get("AMAGARA_DATABASE_URL") or f"sqlite:///{instance / 'amagara.db'}"
    secure = env.get("AMAGARA_HTTPS", "1" if production else "0") == "1"
    return {
        "PROFILE": "production" if production else "embedded",
        "INSTANCE": instance,
        "KEYS": keys,
        "SECRET_KEY": env.get("AMAGARA_SECRET_KEY") or ("" if production else _kept_secret(keys / "secret.key")),
        "AUDIT_KEY": env.get("AMAGARA_AUDIT_KEY") or ("" if production else _kept_secret(keys / "audit.key")),
        "BACKUP_KEY": env.get("AMAGARA_BACKUP_KEY", ""),
        "SQLALCHEMY_DATABASE_URI": url,
        "PLUGINS": None if plugins is None else [name.strip() for name in plugins.split(",") if name.strip()],
        "TIME_ZONE": env.get("AMAGARA_TIME_ZONE", "Africa/Bujumbura"),
        "CURRENCY": env.get("AMAGARA_CURRENCY", "BIF"),
        "COUNTRY": env.get("AMAGARA_COUNTRY", "BI"),
        "MINISTRY": env.get("AMAGARA_MINISTRY", "Ministère de la Santé publique et de la Lutte contre le Sida"),
        "REPUBLIC": env.get("AMAGARA_REPUBLIC", "République du Burundi"),
        "ANCHORS": Path(env["AMAGARA_ANCHORS"]) if env.get("AMAGARA_ANCHORS") else None,
        "PROXIES": int(env.get("AMAGARA_PROXIES", "0")),
        "REDIS_URL": env.get("AMAGARA_REDIS_URL", ""),
        **_limits(env),
        "TRUSTED_HOSTS": [host for host in env.get("AMAGARA_TRUSTED_HOSTS", "").split(",") if host] or None,
        "BASE_URL": env.get("AMAGARA_URL") or f"http://{env.get('HOST', '127.0.0.1')}:{env.get('PORT', '8000')}",
        **_outgoing(env),
        "SESSION_IDLE_MINUTES": int(env.get("AMAGARA_SESSION_IDLE_MINUTES", "30")),
        "SESSION_HOURS": int(env.get("AMAGARA_SESSION_HOURS", "12")),
        "DEVICE_DAYS": int(env.get("AMAGARA_DEVICE_DAYS", "35")),
        "PIN_DAYS": int(env.get("AMAGARA_PIN_DAYS", "7")),
        "SECURE": secure,
        **_cookie(secure),
        "WTF_CSRF_TIME_LIMIT": None,
        "BABEL_DEFAULT_LOCALE": env.get("AMAGARA_LANGUAGE", "fr"),
        "BABEL_DEFAULT_TIMEZONE": env.get("AMAGARA_TIME_ZONE", "Africa/Bujumbura"),
        "SQLALCHEMY_ENGINE_OPTIONS": {
            "pool_size": 8 if url.startswith("postgres") else 4,  # one to SQLite holds 2 MB, and opens at once
            "max_overflow": 56,  # with these, more than there are threads
            "pool_timeout": 5,
            "query_cache_size": 120,  # statements made ready, half as many again at most; each is some 50 KB
            "hide_parameters": True,  # what people typed stays out of the logs
        },
    }


def _cookie(secure: bool) -> dict[str, Any]:
    """Return how the cookie of forms travels."""
    name = "__Host-amagara_form" if secure else "amagara_form"
    return {
        "SESSION_COOKIE_NAME": name, "SESSION_COOKIE_SECURE": secure, "SESSION_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SAMESITE": "Lax",
    }  # fmt: skip


def _outgoing(env: Mapping[str, str]) -> dict[str, Any]:
    """Return how mail and short messages leave: neither does unless it is set."""
    secure = env.get("AMAGARA_SMTP_TLS", "starttls")
    method = env.get("AMAGARA_SMS_METHOD", "GET").upper()
    if secure not in ("starttls", "tls", "none"):
        raise CannotStart("AMAGARA_SMTP_TLS is starttls, tls or none")
    if method not in ("GET", "POST", "JSON"):
        raise CannotStart("AMAGARA_SMS_METHOD is GET, POST or JSON")
    if not env.get("AMAGARA_SMS_URL", "http:").startswith(("http:", "https:")):
        raise CannotStart("AMAGARA_SMS_URL begins with http: or https:")
    host = env.get("AMAGARA_SMTP_HOST", "")
    sender = env.get("AMAGARA_MAIL_FROM") or (f"amagara@{host}" if host else "")
    if sender and not SENDER.fullmatch(parseaddr(sender)[1]):
        raise CannotStart("AMAGARA_MAIL_FROM is an address such as Amagara <amagara@example.org>")
    return {
        "SMTP_HOST": host,
        "SMTP_PORT": int(env.get("AMAGARA_SMTP_PORT") or {"starttls": 587, "tls": 465, "none": 25}[secure]),
        "SMTP_TLS": secure,
        "SMTP_USER": env.get("AMAGARA_SMTP_USER", ""),
        "SMTP_PASSWORD": env.get("AMAGARA_SMTP_PASSWORD", ""),
        "MAIL_FROM": sender,
        "SMS_URL": env.get("AMAGARA_SMS_URL", ""),
        "SMS_METHOD": method,
        "SMS_FIELDS": env.get("AMAGARA_SMS_FIELDS", "to={number}&text={text}"),
        "SMS_AUTHORIZATION": env.get("AMAGARA_SMS_AUTHORIZATION", ""),
        "SMS_ACCEPTED": env.get("AMAGARA_SMS_ACCEPTED", ""),
    }


def _limits(env: Mapping[str, str]) -> dict[str, int]:
    """Return how much may be sent, and how often programs may ask."""
    return {
        "MAX_CONTENT_LENGTH": int(env.get("AMAGARA_MAX_UPLOAD_MB", "32")) * 2**20,
        "MAX_FILE_MB": int(env.get("AMAGARA_MAX_FILE_MB", "20")),
        "MAX_IMAGE_MEGAPIXELS": int(env.get("AMAGARA_MAX_IMAGE_MEGAPIXELS", "50")),
        "MAX_FORM_PARTS": 20_000,
        "MAX_FORM_MEMORY_SIZE": 4 * 2**20,
        "WEBHOOKS_PRIVATE": env.get("AMAGARA_WEBHOOKS_PRIVATE", "0") == "1",
        "API_PER_MINUTE": int(env.get("AMAGARA_API_PER_MINUTE", "300")),
    }


def _kept_secret(path: Path) -> str:
    """Return the secret kept in a file of mode 0600, made at the first start."""
    if path.exists():
        return path.read_text()
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, draft = tempfile.mkstemp(dir=path.parent)  # mode 0600
    with os.fdopen(descriptor, "w") as file:
        file.write(secrets.token_urlsafe(32))
    with contextlib.suppress(FileExistsError):  # another process was first: its secret stands
        os.link(draft, path)
    os.unlink(draft)
    return path.read_text()


def weak(secret: str) -> bool:
    """Return whether a secret is shorter than 32 bytes or made of few signs."""
    return len(secret.encode()) < 32 or len(set(secret)) < 12


def refuse_unsafe(config: Mapping[str, Any]) -> None:
    """Raise CannotStart when a production process would start without its secrets."""
    for name in ("SECRET_KEY", "AUDIT_KEY"):
        if not config[name]:
            raise CannotStart(f"AMAGARA_{name} must be set in production (32 random bytes or more)")
