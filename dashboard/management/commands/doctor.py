"""`manage.py doctor`: what is wrong, in plain words."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import Error, connection

from dashboard.connections import clients
from dashboard.connections.key_rotation import shut_names, stored_secrets
from dashboard.consents.identity import document_faults, document_url
from dashboard.models import allowed_urls
from dashboard.processes import presence, spool
from dashboard.processes.degraded import degraded
from dashboard.readiness import broker, database, migrations
from generations.gateway.client import Timeouts

PATIENCE = Timeouts(connect=5, read=5, total=5)


class Command(BaseCommand):
    """Prints one line a check. The exit code is 1 when something is wrong."""

    help = "Check what Retake needs and say what is wrong."

    def handle(self, *_: Any, **__: Any) -> None:
        checks: list[tuple[str, str | None]] = [("Database", database()), ("Redis", broker())]
        if checks[0][1] is None:
            checks += [("Migrations", migrations()), ("Cache table", cache_table()), ("Keys", stored_keys())]
            checks += [("Spool", spool.faults())]
            checks += processes()
            if document_url():
                checks += [("Client metadata document", metadata_document())]
        checks += [(f"Gateway {url}", gateway(url)) for url in allowed_urls()]
        for name, fault in checks:
            self.stdout.write(f"{name}: {fault or 'in order.'}")
        wrong = sum(fault is not None for _name, fault in checks)
        if wrong:
            raise CommandError(f"{wrong} of {len(checks)} checks found something wrong.")


def processes() -> list[tuple[str, str | None]]:
    """Workers and beats are heard of, and both stores take writes."""
    try:
        found = degraded()
    except Error:
        return [("Worker", "The table cannot be read. Run: python manage.py prepare")]
    checks = [(kind.capitalize(), found.get(kind)) for kind in presence.KINDS]
    return checks + [
        (f"{name.capitalize()} writes", found[name]) for name in ("database", "redis") if name in found
    ]


def cache_table() -> str | None:
    """The table that sign-in limits are counted in."""
    name = settings.CACHES["default"]["LOCATION"]
    there = name in connection.introspection.table_names()
    return None if there else "The table is missing. Run: python manage.py prepare"


def stored_keys() -> str | None:
    """FIELD_ENCRYPTION_KEYS opens everything that is encrypted."""
    try:
        shut = [name for model, _ in stored_secrets() for name in shut_names(model)]
    except Error:
        return "The tables cannot be read. Run: python manage.py prepare"
    if not shut:
        return None
    return (
        f"FIELD_ENCRYPTION_KEYS does not open the keys of {', '.join(shut)}. "
        "Put back the key with which they were saved, or enter the gateway keys again."
    )


def metadata_document() -> str | None:
    """A gateway can read the document that lets people connect, and would accept it."""
    return " ".join(document_faults()) or None


def gateway(url: str) -> str | None:
    """The gateway answers at this address."""
    try:
        probe = clients.client(url, clients.NO_KEY, timeouts=PATIENCE).probe()
    except ValueError:
        return "This is no address of a gateway. It must look like https://host/v1. Check GATEWAY_URLS."
    if probe.reachable:
        return None
    return f"{probe.fault.title} {probe.fault.advice}" if probe.fault else "It does not answer."
