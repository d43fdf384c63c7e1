"""Signed checkpoints of the audit trail: kept elsewhere, they show a cut tail or a restored older copy."""

import base64
import json
import os
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, load_pem_private_key
from flask import current_app
from sqlalchemy import func, select

from core.data.audit import Fault
from core.data.db import db, utcnow
from core.data.trail import AuditEntry, AuditHead


def key_path() -> Path:
    """Return where the key of this installation's checkpoints lies."""
    folder: Path = current_app.config["KEYS"]
    return folder / "checkpoint.key"


def make(key: Path) -> tuple[str, int]:
    """Return the signed text of a checkpoint and the number of its streams."""
    heads = db.session.connection().execute(select(AuditHead.stream, AuditHead.seq, AuditHead.mac).order_by("stream"))
    said = {"made_at": utcnow().isoformat(), "heads": {stream: [seq, mac] for stream, seq, mac in heads}}
    signature = base64.b64encode(_private_key(key).sign(_bytes(said))).decode()
    return json.dumps({**said, "signature": signature}, indent=1) + "\n", len(said["heads"])


def compare(text: str, key: Path) -> list[Fault]:
    """Return what the trail lacks of a checkpoint; empty says that nothing was cut or put back."""
    try:
        said = json.loads(text)
        signature = base64.b64decode(said.pop("signature"))
        _private_key(key).public_key().verify(signature, _bytes(said))
    except (InvalidSignature, ValueError, KeyError, TypeError, AttributeError):
        return [Fault("checkpoint", 0, "the checkpoint is not signed by this installation")]
    connection = db.session.connection()
    faults = []
    for stream, (seq, mac) in said["heads"].items():
        query = select(AuditEntry.mac).where(AuditEntry.stream == stream, AuditEntry.seq == seq)
        if connection.execute(query).scalar() != mac:
            faults.append(Fault(stream, seq, "the line of the checkpoint is gone: a tail was cut or a copy restored"))
    return faults


def size() -> tuple[int, int]:
    """Return (lines, streams) of the trail."""
    lines, streams = db.session.connection().execute(
        select(func.count(), func.count(func.distinct(AuditEntry.stream))).select_from(AuditEntry)
    ).one()  # fmt: skip
    return int(lines), int(streams)


def _bytes(said: dict[str, Any]) -> bytes:
    return json.dumps(said, sort_keys=True, separators=(",", ":")).encode()


def _private_key(path: Path) -> Ed25519PrivateKey:
    """Return the key of this installation, made at the first checkpoint in a file of mode 0600."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        made = Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(made)
    key = load_pem_private_key(path.read_bytes(), None)
    if not isinstance(key, Ed25519PrivateKey):
        raise RuntimeError(f"{path} holds no Ed25519 key")
    return key
