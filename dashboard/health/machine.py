"""Checks of this machine: mail, disk, spool, clock."""

import shutil
import smtplib
import time
from pathlib import Path

from django.conf import settings
from django.core.mail import get_connection
from django.db.models.functions import Now

from dashboard.health.findings import BAD, OK, WARN, Asked, Finding, counted, verdict
from dashboard.models import Team
from dashboard.processes import spool

MAIL_SECONDS = 3
CLOCK_SECONDS = 5  # that this machine's clock may differ from the database's
LEAST_MB = 200
WAITING_SECONDS = 600
NO_MAIL = "EMAIL_URL is not set: no mail is sent. Admins hand out reset links instead."


def asked() -> list[tuple[str, Asked]]:
    """What asks the network."""
    return [("Mail", mail)]


def findings() -> list[Finding]:
    """What needs no row."""
    return [disk(), answers()]


def mail() -> Finding:
    """The mail server accepts our sign-in. Nothing is sent."""
    if not settings.MAIL_WORKS:
        return Finding("Mail", OK, NO_MAIL)
    try:
        server = get_connection(timeout=MAIL_SECONDS)
        server.open()
        server.close()
    except smtplib.SMTPAuthenticationError:
        return Finding(
            "Mail", BAD, "The mail server refuses to sign in. Check user and password in EMAIL_URL."
        )
    except (OSError, smtplib.SMTPException) as error:
        said = (
            f"The mail server cannot be used ({type(error).__name__}). Check host, port and TLS in EMAIL_URL."
        )
        return Finding("Mail", BAD, said)
    return Finding("Mail", OK, "The mail server accepts our sign-in.")


def disk() -> Finding:
    """There is room where answers go that the database cannot take."""
    try:
        free = shutil.disk_usage(_existing(Path(settings.SPOOL_DIR))).free // 2**20
    except OSError as error:
        return Finding(
            "Disk", BAD, f"The disk of SPOOL_DIR cannot be looked at ({error.strerror}). Check SPOOL_DIR."
        )
    if free < LEAST_MB:
        said = (
            f"{free} MB are free on the disk of SPOOL_DIR: while the database is unavailable, answers that were paid for "
            "would be lost. Free some space, or set SPOOL_DIR to another disk."
        )
        return Finding("Disk", BAD, said)
    if free < settings.SPOOL_MB:
        said = (
            f"{free:,} MB are free on the disk of SPOOL_DIR, and SPOOL_MB allows {settings.SPOOL_MB:,}. "
            "Lower it, or free some space."
        )
        return Finding("Disk", WARN, said)
    return Finding("Disk", OK, f"{free:,} MB free.")


def _existing(path: Path) -> Path:
    return next(parent for parent in (path.absolute(), *path.absolute().parents) if parent.exists())


def answers() -> Finding:
    """SPOOL_DIR can be used, its files can be read, and none waits for long."""
    fault = spool.faults()
    if fault:
        return verdict("Spool", fault)
    files = spool.files()
    waiting = counted(len(files), "file waits", "files wait")
    age = max((time.time() - path.stat().st_mtime for path in files if path.exists()), default=0.0)
    if age > WAITING_SECONDS:
        said = (
            f"{waiting} in SPOOL_DIR, one for {round(age / 60)} minutes: answers that the database has not "
            "taken. Start a worker with this disk; it delivers them."
        )
        return Finding("Spool", WARN, said)
    return Finding("Spool", OK, f"{waiting} to be delivered." if files else "Nothing is waiting.")


def clock(team: Team | None) -> list[Finding]:
    """This machine's clock is the database's: consents, links and sessions end by both."""
    now = Team.objects.annotate(at=Now()).values_list("at", flat=True).first()
    if now is None:
        return []
    off = round(time.time() - now.timestamp())
    if abs(off) <= CLOCK_SECONDS:
        return [Finding("Clock", OK, "In step with the database's.")]
    word = "ahead of" if off > 0 else "behind"
    said = f"This machine's clock is {abs(off)} s {word} the database's. Turn time synchronization on (NTP) on both."
    return [Finding("Clock", BAD, said)]
