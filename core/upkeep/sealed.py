"""Files sealed by AES-256-GCM, piece by piece, with a key that lies elsewhere: one flipped byte and nothing is read.

MAGIC, 16 bytes of salt, then pieces: length (4 bytes), 1 when it is the last, and the sealed bytes. The number of a
piece is its nonce; head, number and mark are authenticated with it, so none can be left out, moved or added.
"""

import os
import struct
from typing import IO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from core.contract.words import _
from core.data.errors import Refused

MAGIC = b"AMAGARA-SEALED-1\n"
PIECE, SALT, FRAME = 2**20, 16, struct.Struct(">IB")


def _cipher(secret: str, salt: bytes) -> AESGCM:
    return AESGCM(HKDF(SHA256(), 32, salt=salt, info=b"amagara backup").derive(secret.encode()))


def _nonce(number: int) -> bytes:
    return number.to_bytes(12, "big")


class Sealing:
    """A file to write: what is written is sealed; `close` writes the last piece."""

    def __init__(self, file: IO[bytes], secret: str) -> None:
        salt = os.urandom(SALT)
        self.file, self.cipher, self.head = file, _cipher(secret, salt), MAGIC + salt
        self.waiting, self.number = bytearray(), 0
        file.write(self.head)

    def write(self, data: bytes) -> int:
        """Take some bytes; return how many."""
        self.waiting += data
        while len(self.waiting) > PIECE:
            self._seal(bytes(self.waiting[:PIECE]), 0)
            del self.waiting[:PIECE]
        return len(data)

    def close(self) -> None:
        """Seal what waits as the last piece."""
        self._seal(bytes(self.waiting), 1)

    def _seal(self, piece: bytes, last: int) -> None:
        sealed = self.cipher.encrypt(_nonce(self.number), piece, self.head + bytes([last]))
        self.file.write(FRAME.pack(len(sealed), last) + sealed)
        self.number += 1


class Opening:
    """A sealed file to read; Refused when it is not whole, or was sealed with another key."""

    def __init__(self, file: IO[bytes], secret: str) -> None:
        self.file, self.head = file, file.read(len(MAGIC) + SALT)
        if not self.head.startswith(MAGIC) or len(self.head) != len(MAGIC) + SALT:
            raise Refused(_("This is no backup of Amagara."))
        self.cipher = _cipher(secret, self.head[len(MAGIC) :])
        self.ready, self.number, self.ended = b"", 0, False

    def read(self, size: int = -1) -> bytes:
        """Return the next bytes; fewer than asked, or none, only at the end."""
        while not self.ended and (size < 0 or len(self.ready) < size):
            self.ready += self._open()
        taken = self.ready if size < 0 else self.ready[:size]
        self.ready = self.ready[len(taken) :]
        return taken

    def _open(self) -> bytes:
        frame = self.file.read(FRAME.size)
        length, last = FRAME.unpack(frame) if len(frame) == FRAME.size else (0, 2)
        sealed = self.file.read(length) if length <= PIECE + 16 else b""
        try:
            piece = self.cipher.decrypt(_nonce(self.number), sealed, self.head + bytes([last]))
        except (InvalidTag, ValueError):
            raise Refused(_("The backup is damaged, or was sealed with another key. Nothing was restored.")) from None
        self.number, self.ended = self.number + 1, last == 1
        if self.ended and self.file.read(1):
            raise Refused(_("The backup is damaged, or was sealed with another key. Nothing was restored."))
        return piece
