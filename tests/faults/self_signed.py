"""A broker behind TLS whose certificate nobody signed but itself, as a PaaS offers it."""

import socket
import socketserver
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from dashboard.local.system import LOOPBACK


@contextmanager
def broker_behind_tls(redis_url: str, pem: Path) -> Iterator[str]:
    """The `rediss://` URL of the broker at `redis_url`, until the block ends; its key and certificate are put into `pem`."""
    context, there = _certified(pem), urlsplit(redis_url)

    class Talk(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            with (
                suppress(OSError),
                socket.create_connection((LOOPBACK, there.port or 0)) as back,
                context.wrap_socket(self.request, server_side=True) as line,
            ):
                other = threading.Thread(target=_pump, args=[back, line], daemon=True)
                other.start()
                _pump(line, back)
                back.shutdown(socket.SHUT_RDWR)
                other.join()

    with socketserver.ThreadingTCPServer((LOOPBACK, 0), Talk) as server:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"rediss://:{there.password}@{LOOPBACK}:{server.server_address[1]}/0"
        server.shutdown()


def _certified(pem: Path) -> ssl.SSLContext:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "h")])
    now = datetime.now(UTC)
    made = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
    made = made.not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=1))
    form = (Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    pem.write_bytes(key.private_bytes(*form) + made.sign(key, hashes.SHA256()).public_bytes(Encoding.PEM))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)
    return context


def _pump(source: socket.socket, target: socket.socket) -> None:
    with suppress(OSError):
        while data := source.recv(4096):
            target.sendall(data)
