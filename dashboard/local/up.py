"""`make up`: engines, demo gateway, database, then the Procfile's processes, and one line when all is ready.

    make -> up (this process: standard library only)
              |- postgres, valkey        data in home(), addresses and keys in .local/env
              |- demo gateway            unless GATEWAY_URLS is set
              '- web, worker, beat       the Procfile's lines

Ends everything it started on Ctrl-C, SIGTERM and a closed terminal; the site first, the engines last.
"""

import base64
import fcntl
import os
import secrets
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import NoReturn

from dashboard.local.server import LocalServer
from dashboard.local.servers import Engines
from dashboard.local.site import LocalSite
from dashboard.local.state import AlreadyRunningError, home, lock, parse, write_private
from dashboard.local.system import LOOPBACK, Port, UnavailableError, accepts, dies_with_parent

ROOT = Path(__file__).resolve().parents[2]
MANAGE = [sys.executable, str(ROOT / "manage.py")]
PROCESSES = ["web", "worker", "beat"]
READY_SECONDS = 60
ENDINGS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class EndedError(Exception):
    """A signal asked us to end."""


class ClosableOutput:
    """Standard output that may vanish (a closed terminal, `| head`) without stopping the clean-up."""

    def write(self, text: str) -> None:
        try:
            sys.stdout.write(text)
            sys.stdout.flush()
        except OSError:
            sys.stdout = Path(os.devnull).open("w")  # noqa: SIM115  for the rest of our life


out = ClosableOutput()


def main() -> None:
    """Run until asked to end; the exit code is 0 after Ctrl-C and 1 when something failed."""
    for number in ENDINGS:
        signal.signal(number, _end)
    if "MAKELEVEL" in os.environ:
        dies_with_parent(signal.SIGTERM)()
    try:
        held = lock(ROOT)
    except AlreadyRunningError:
        sys.exit("Retake already runs from this folder: stop that one first (Ctrl-C).")
    try:
        code = run()
    except EndedError:
        code = 0
    except UnavailableError as error:
        out.write(f"{error}\n")
        code = 1
    fcntl.flock(held, fcntl.LOCK_UN)
    sys.exit(code)


def _end(number: int, frame: FrameType | None) -> NoReturn:
    raise EndedError


def run() -> int:
    """Start everything, wait, end everything; gives the exit code. Raises EndedError, UnavailableError."""
    port = site_port()
    folder = home(ROOT)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    kept = keys(folder / "keys")
    engines = Engines(folder, os.environ, password=kept["PASSWORD"])
    gateway = demo_gateway(folder, kept)
    environment = site_environment(port, kept, engines.urls, gateway)
    variables = {
        **os.environ,
        **environment,
        "PATH": f"{Path(sys.executable).parent}:{os.environ.get('PATH', os.defpath)}",
    }
    site = LocalSite(ROOT / "Procfile", PROCESSES, variables, out.write)
    preparing = None
    try:
        # What prepares the database and the web process load while the engines start; both ask the database later.
        preparing = begin_preparing(variables, demo=bool(gateway))
        site.start(PROCESSES[0])
        if gateway:
            gateway.start()
        engines.start()
        write_private(ROOT / ".local" / "env", environment)
        path = prepare(preparing, demo=bool(gateway))
        return serve(site, port, path, engines)
    finally:
        for number in ENDINGS:
            signal.signal(number, signal.SIG_IGN)
        if preparing:
            preparing.terminate()
        site.stop()
        if gateway:
            gateway.stop()
        engines.stop()


def site_port() -> int:
    """$PORT or 8000. Raises UnavailableError when it is no port or taken."""
    text = os.environ.get("PORT") or "8000"
    if not text.isdigit() or not 0 < int(text) < 65536:
        raise UnavailableError(f"PORT is {text!r}, which is no port number.")
    if accepts(int(text)):
        raise UnavailableError(f"Port {text} is taken by another program: choose one with PORT=8001 make up.")
    return int(text)


def keys(path: Path) -> dict[str, str]:
    """The keys of this checkout's data, made at the first start and kept with the data that they open."""
    if path.exists():
        return parse(path.read_text())
    made = {
        "SECRET_KEY": secrets.token_urlsafe(48),
        "FIELD_ENCRYPTION_KEYS": base64.urlsafe_b64encode(secrets.token_bytes(32)).decode(),
        "PASSWORD": secrets.token_urlsafe(24),
        "DEMO_PORT": str(Port().release()),
    }
    write_private(path, made)
    return made


def demo_gateway(folder: Path, kept: dict[str, str]) -> LocalServer | None:
    """The demo gateway, on the port it had last time if that is free; None when a gateway is configured."""
    if os.environ.get("GATEWAY_URLS"):
        return None
    port = Port(int(kept["DEMO_PORT"]))
    number = port.release()
    return LocalServer(
        name="The demo gateway",
        command=[sys.executable, "-m", "generations.gateway.demo", "--port", str(number)],
        folder=ROOT,
        log=folder / "demo.log",
        ready=lambda _: accepts(number),
        stops=[signal.SIGTERM],
        address=f"http://{LOOPBACK}:{number}/v1",
    )


def site_environment(
    port: int, kept: dict[str, str], urls: dict[str, str], gateway: LocalServer | None
) -> dict[str, str]:
    """The variables of the site's processes; what the caller has set wins."""
    address = f"http://{LOOPBACK}:{port}"
    ours = {
        **urls,
        "PORT": str(port),
        "WEB_HOST": LOOPBACK,
        "PUBLIC_URL": address,
        "ALLOWED_HOSTS": f"{LOOPBACK},localhost",
        "CSRF_TRUSTED_ORIGINS": f"{address},http://localhost:{port}",
        "COOKIE_PREFIX": f"retake{port}",
        "WORKER_GRACE_SECONDS": "3",  # everybody is ended after five
        "SECRET_KEY": kept["SECRET_KEY"],
        "FIELD_ENCRYPTION_KEYS": kept["FIELD_ENCRYPTION_KEYS"],
    }
    if gateway:
        ours |= {"GATEWAY_URLS": gateway.address, "DEMO_GATEWAY": gateway.address}
    return {name: os.environ.get(name) or value for name, value in ours.items()}


def begin_preparing(environment: dict[str, str], *, demo: bool) -> "subprocess.Popen[str]":
    """Load what `prepare` runs: migrations, and the demo team."""
    command = [*MANAGE, "prepare", "--skip-checks", "--on-line", *(["--demo"] if demo else [])]
    return subprocess.Popen(
        command,
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
        preexec_fn=dies_with_parent(signal.SIGTERM),
    )


def prepare(preparing: "subprocess.Popen[str]", *, demo: bool) -> str:
    """Have the database, which is there by now, migrated and the demo team made; gives the path that signs in, or "/"."""
    text, _ = preparing.communicate("\n")
    if preparing.returncode:
        raise UnavailableError("The database could not be prepared; the reason stands above.")
    return text.strip().splitlines()[-1] if demo else "/"


def serve(site: LocalSite, port: int, path: str, engines: Engines) -> int:
    """Run the Procfile's processes until the end; gives the exit code, 0 after a signal."""
    announcer = threading.Thread(target=announce, args=[port, path], daemon=True)

    def started() -> None:
        engines.keep(lambda line: out.write(f"{line}\n"))
        announcer.start()

    for number in ENDINGS:
        signal.signal(number, site.end)
    return 0 if site.run(started) == 0 else 1


def announce(port: int, path: str) -> None:
    """Wait for the site, then print the one line, and how to set a team up when there is no demo team."""
    address = f"http://{LOOPBACK}:{port}"
    if not wait_until(lambda: is_ready(port), READY_SECONDS):
        return out.write(f"The site does not answer at {address}/readyz: the lines above say why.\n")
    if path == "/":
        out.write("There is no team yet: .venv/bin/python manage.py bootstrap --help\n")
    return out.write(f"Retake is ready: {address}{path}\n")


def wait_until(true: Callable[[], bool], seconds: float) -> bool:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if true():
            return True
        time.sleep(0.05)
    return False


def is_ready(port: int) -> bool:
    """Whether the site answers /readyz with 200. By hand: Python's HTTP client loads TLS and mail."""
    try:
        with socket.create_connection((LOOPBACK, port), timeout=5) as line:
            line.sendall(f"GET /readyz HTTP/1.0\r\nHost: {LOOPBACK}:{port}\r\n\r\n".encode())
            return line.makefile("rb").readline().split(b" ")[1:2] == [b"200"]
    except OSError:
        return False


if __name__ == "__main__":
    main()
