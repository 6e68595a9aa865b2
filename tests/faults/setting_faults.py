"""Wrong keys, wrong settings, an old release on new tables."""

import itertools
import os
import signal
import subprocess
import sys

from cryptography.fernet import Fernet

from dashboard.local.system import Port, accepts
from tests.faults import rows
from tests.faults.gateway import stream
from tests.faults.self_signed import broker_behind_tls
from tests.faults.site import ROOT, WEB, Site, check, until
from tests.faults.table import Red, Report, fault
from tests.support.processes import BEAT, WORKER


@fault("a worker with another field key", red=Red("Keys", "other FIELD_ENCRYPTION_KEYS than this process"))
def wrong_key_worker(site: Site, report: Report) -> None:
    site.one_worker(FIELD_ENCRYPTION_KEYS=Fernet.generate_key().decode())
    click = site.click(stream(5, 0.01), "wrongkey")
    report.end(site, click, state="failed")
    row = site.row(click)
    report.proof = f"another key; reason {row.reason}; {site.posts(click)} POSTs"
    check(site.posts(click) == 0 and row.sent is False, f"{site.posts(click)} POSTs, sent is {row.sent}")
    page = site.page(click.address).body.decode()
    check("may have been charged" not in page, "its page says that it may have been charged")
    report.looks_red(site)
    report.shown = row.detail
    site.kill("worker1", signal.SIGTERM)


@fault(
    "a web process with another field key", red=Red("Keys", "FIELD_ENCRYPTION_KEYS does not open the keys of")
)
def wrong_key_web(site: Site, report: Report) -> None:
    site.kill("web", signal.SIGTERM)
    site.start("web", FIELD_ENCRYPTION_KEYS=Fernet.generate_key().decode())
    site.whole()
    address = "/t/acme/settings/connections"
    page = site.page(address)
    report.proof = f"another key; the page of connections answered {page.status}"
    check(page.status == 200, f"the page of connections answered {page.status}")
    text = page.body.decode()
    check(
        "cannot be read" in text or "FIELD_ENCRYPTION_KEYS" in text,
        "the page does not say what cannot be read",
    )
    check(site.page("/").status == 200, "home does not work")
    report.looks_red(site)
    report.shown = "which key cannot be read"
    site.kill("web", signal.SIGTERM)


@fault(
    "lost field keys: a key is entered again, and rotated to the first keys when they are found",
    red=Red("Keys", "FIELD_ENCRYPTION_KEYS does not open the keys of"),
)
def lost_keys(site: Site, report: Report) -> None:
    old, new = site.environment["FIELD_ENCRYPTION_KEYS"], Fernet.generate_key().decode()
    site.kill("web", signal.SIGTERM)
    site.start("web", FIELD_ENCRYPTION_KEYS=new)
    site.one_worker(FIELD_ENCRYPTION_KEYS=new)
    until(lambda: accepts(site.port), 30, "The web process does not listen")
    ((pk, name),) = site.sql("SELECT id, name FROM dashboard_gatewayconnection")
    edit = f"/t/acme/settings/connections/{pk}"
    page = site.page(edit)
    check("The stored key cannot be read. Enter it again." in page.body.decode(), "the form does not say so")
    report.looks_red(site)
    form = {"csrfmiddlewaretoken": page.hidden("csrfmiddlewaretoken"), "name": name, "read_key": rows.KEY}
    answer = site.person.post(edit, form | {"base_url": site.environment["GATEWAY_URLS"]})
    check(answer.status == 302, f"entering the key again was answered {answer.status}")
    report.end(site, site.click(stream(5, 0.01), "entered-again"), state="succeeded")
    rotated = site.manage("rotate_keys", FIELD_ENCRYPTION_KEYS=f"{old},{new}")
    check(rotated.startswith("1 encrypted anew"), f"rotate_keys said: {rotated}")
    site.kill("web", signal.SIGTERM)
    site.kill("worker1", signal.SIGTERM)
    site.whole()
    report.end(site, site.click(stream(5, 0.01), "rotated"), state="succeeded")
    report.proof, report.shown = (
        f"other keys in web and worker; rotate_keys: {rotated}",
        "which key cannot be read",
    )


@fault("a broker whose certificate nobody signed", red=Red("Redis", "REDIS_TLS_VERIFY=false"))
def unverified_broker(site: Site, report: Report) -> None:
    with broker_behind_tls(site.engines.urls["REDIS_URL"], site.log.with_name("pem")) as url:
        site.kill("web", signal.SIGTERM)
        site.start("web", REDIS_URL=url)
        until(lambda: accepts(site.port), 30, "The web process does not listen")
        report.looks_red(site, doctor=True, REDIS_URL=url)
        site.kill("web", signal.SIGTERM)
        site.start("web", REDIS_URL=url, REDIS_TLS_VERIFY="false")
        site.one_worker(REDIS_URL=url, REDIS_TLS_VERIFY="false")
        until(lambda: accepts(site.port), 30, "The web process does not listen")
        report.end(site, site.click(stream(5, 0.01), "over-tls"), state="succeeded")
        report.proof = "Redis behind TLS; with REDIS_TLS_VERIFY=false the same processes work"
        report.shown = "the setting that accepts such a certificate"
        for name in ("web", "worker1"):
            site.kill(name, signal.SIGTERM)


# The first name of each is what the refusal begins with.
BAD: list[dict[str, str]] = [
    {"LOG_LEVEL": "loud"},
    {"DATABASE_POOL": "0"},
    {"TOTAL_SECONDS": "0"},
    {"IDLE_SECONDS": "-1"},
    {"IDLE_SECONDS": "50"},  # more than TOTAL_SECONDS
    {"BATCH_PARALLEL": "0"},
    {"TEAM_PARALLEL": "99"},  # more than BATCH_PARALLEL
    {"PORT": "99999"},
    {"PUBLIC_URL": "", "ALLOWED_HOSTS": ""},
]


@fault("settings that cannot work", over="the process does not start; its last log line names the setting")
def settings(site: Site, report: Report) -> None:
    base = {**site.environment, "PORT": str(Port().release())}
    seen = []
    for changes, command in zip(BAD, itertools.cycle((WEB, WORKER, BEAT)), strict=False):
        name, value = next(iter(changes.items()))
        done = subprocess.run(
            [sys.executable, *(WEB if name == "PORT" else command)],
            cwd=ROOT,
            env={**base, **changes},
            capture_output=True,
            text=True,
            timeout=60,
        )
        lines = done.stderr.strip().splitlines()
        check(done.returncode == 1, f"{name}={value} was accepted")
        check(len(lines) == 1 and lines[0].startswith(name), f"{name}={value}: {done.stderr[-300:]}")
        seen.append(lines[0])
    report.proof, report.shown = f"{len(seen)} processes refused to start", seen[0]


@fault("the old release on the new tables", over="it goes on: migrations only add")
def old_release(site: Site, report: Report) -> None:
    ours = ("DATABASE_URL", "REDIS_URL", "DJANGO_SETTINGS_MODULE", "SECRET_KEY", "FIELD_ENCRYPTION_KEYS", "PORT",
            "PUBLIC_URL", "GATEWAY_URLS", "ALLOWED_HOSTS", "SPOOL_DIR")  # fmt: skip
    env = {name: value for name, value in os.environ.items() if name not in ours}
    command = ["-m", "pytest", "-q", "-n", "0", "tests/upgrade/test_old_release.py"]
    done = subprocess.run(
        [sys.executable, *command], cwd=ROOT, env=env, capture_output=True, text=True, timeout=300
    )
    last = done.stdout.strip().splitlines()[-1] if done.stdout.strip() else done.stderr[-300:]
    check(done.returncode == 0, done.stdout[-1500:])
    report.proof, report.shown = f"the code of v0.1.0 looked up, showed and replayed: {last}", "its own pages"
