"""A certificate authority for tests, and servers that it vouches for."""

import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import ThreadingHTTPServer
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID


def authority(folder: Path) -> tuple[Path, Callable[[str], Path]]:
    """Return the file of an authority's certificate, and a function: the file of one for a name, with its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    own = _name("Test authority")
    ca = _built(own, own, key.public_key(), key, x509.BasicConstraints(ca=True, path_length=0))
    path = folder / "ca.pem"
    path.write_bytes(ca.public_bytes(serialization.Encoding.PEM))

    def server_for(host: str) -> Path:
        mine = ec.generate_private_key(ec.SECP256R1())
        made = _built(_name(host), own, mine.public_key(), key, x509.SubjectAlternativeName([x509.DNSName(host)]))
        file = folder / f"{host}.pem"
        plain = serialization.NoEncryption()
        secret = mine.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain)
        file.write_bytes(secret + made.public_bytes(serialization.Encoding.PEM))
        return file

    return path, server_for


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _built(subject: x509.Name, issuer: x509.Name, public: Any, key: Any, extension: Any) -> x509.Certificate:
    now = datetime.now(UTC)
    builder = x509.CertificateBuilder(issuer, subject, public, x509.random_serial_number())
    builder = builder.not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=1))
    return builder.add_extension(extension, critical=True).sign(key, hashes.SHA256())


@contextmanager
def serve(certificate: Path, handler: type) -> Iterator[tuple[int, list[Any]]]:
    """Yield the port of a server with a certificate, and what it has taken."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    server: Any = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    server.taken, server.answers, server.over = [], [], threading.Event()
    server.handle_error = lambda *args: None
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield server.server_port, server.taken
    finally:
        server.shutdown()
        server.server_close()
