"""What workers have left in the spool: under another key, and of what was forgotten meanwhile."""

import signal

from cryptography.fernet import Fernet

from tests.faults.gateway import stream
from tests.faults.site import Click, Site, check, until
from tests.faults.table import Red, Report, fault
from tests.faults.worker_faults import SHOWN_S, spooled

KEPT = ".spool in SPOOL_DIR is kept: FIELD_ENCRYPTION_KEYS holds no key that opens it"


def leave_unsaved(site: Site, count: int) -> list[Click]:
    """Answers that a worker received and could not save before it was ended."""
    site.kill("worker2", signal.SIGTERM)
    clicks = [site.click(stream(100, 0.02), f"left{number}") for number in range(count)]
    sent = [site.gateway.sent[click.marker] for click in clicks]
    until(lambda: all(len(item.words) > 20 for item in sent), 30, "The streams did not begin")
    site.database.refuse()
    until(lambda: all(item.ended_at for item in sent), 30, "The streams did not end")
    site.kill("worker1", signal.SIGTERM, 25)
    site.database.pass_on()
    return clicks


@fault(
    "answers in the spool: another key, and one forgotten meanwhile",
    red=Red("Keys", "other FIELD_ENCRYPTION_KEYS than this process"),
)
def left_behind(site: Site, report: Report) -> None:
    from generations.models import Generation, Replay
    from generations.records import retention

    kept, forgotten = leave_unsaved(site, 2)
    check(len(spooled(site)) == 2, f"{len(spooled(site))} files are in the spool")
    site.start("worker1", FIELD_ENCRYPTION_KEYS=Fernet.generate_key().decode())
    until(lambda: "worker" in site.alive(), 60, "The worker was not heard of")
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
