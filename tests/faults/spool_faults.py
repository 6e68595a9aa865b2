"""What workers have left in the spool: under another key, and of what was forgotten meanwhile."""

import signal

from cryptography.fernet import Fernet

from tests.faults.site import Site, check, until
from tests.faults.table import SHOWN_S, Red, Report, fault
from tests.faults.worker_faults import leave_unsaved, spooled

KEPT = ".spool in SPOOL_DIR is kept: FIELD_ENCRYPTION_KEYS holds no key that opens it"


@fault(
    "answers in the spool: another key, and one forgotten meanwhile",
    red=Red("Keys", "other FIELD_ENCRYPTION_KEYS than this process"),
)
def left_behind(site: Site, report: Report) -> None:
    from generations.models import Generation, Replay
    from generations.records import retention

    kept, forgotten = leave_unsaved(site, 2)
    site.database.pass_on()
    check(len(spooled(site)) == 2, f"{len(spooled(site))} files are in the spool")
    site.one_worker(FIELD_ENCRYPTION_KEYS=Fernet.generate_key().decode())
    report.shown_after_s = until(
        lambda: site.log.read_text().count(KEPT) >= 2, SHOWN_S, "the worker's log is silent"
    )
    report.looks_red(site)
    report.shown = f"in the log: ...{KEPT}"
    check(len(spooled(site)) == 2, "a file that cannot be read was not kept")
    site.kill("worker1", signal.SIGTERM, 25)
    Replay.objects.filter(pk=forgotten.pk).update(state="interrupted")  # as the sweep calls it after a while
    retention.forget(Generation.objects.get(replays=forgotten.pk), None)
    site.start("worker1")
    until(lambda: site.row(kept).state == "succeeded", 40, "The next worker did not deliver it")
    report.keeps(report.end(site, kept, state="succeeded"), site.gateway.sent[kept.marker])
    until(lambda: not spooled(site), 30, "A file stays in the spool")
    check(not Replay.objects.filter(pk=forgotten.pk).exists(), "what was forgotten came back")
    posts = [site.posts(click) for click in (kept, forgotten)]
    check(posts == [1, 1], f"{posts} POSTs")
    report.posts = posts
    report.proof = "two encrypted files; read with another key, and one of them without its generation"
