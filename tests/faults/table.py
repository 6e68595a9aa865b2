"""The table of faults, and what each leaves in the report."""

import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass, field

from tests.faults.gateway import Sent
from tests.faults.site import Click, Failed, Site, check


@dataclass
class Report:
    """What one fault did. `proof` says how we know that it took effect: without one the fault fails."""

    name: str
    proof: str = ""
    observed: list[str] = field(default_factory=list)
    posts: list[int] = field(default_factory=list)
    states: list[str] = field(default_factory=list)
    kept: str = ""
    shown: str = ""
    shown_after_s: float | None = None
    seconds: float = 0.0
    failure: str = ""

    def saw(self, sentence: str) -> None:
        self.observed.append(sentence)

    def end(self, site: Site, click: Click, *, state: str = "", at_most: int = 1, seconds: float = 90) -> str:
        """Wait for the end of a click, and note its POSTs and its state. Gives the kept text."""
        row = site.ended(click, seconds)
        posts = site.posts(click)
        self.posts.append(posts)
        self.states.append(f"{row.state} {row.reason}".strip())
        check(posts <= at_most, f"{posts} POSTs for one click")
        check(
            not state or row.state in state.split("|"),
            f"the replay ended {row.state} {row.reason}: {row.detail}",
        )
        page = site.page(click.address)
        check(page.status == 200, f"its page answered {page.status}")
        return site.text(click)

    def keeps(self, kept: str, sent: Sent, until: float = float("inf")) -> None:
        """Nothing that was sent before `until` is lost."""
        expected = sent.text(until)
        self.kept = f"{len(kept)} of {len(sent.text())} characters, {len(expected)} owed"
        check(kept.startswith(expected), f"lost: {self.kept}")


Run = Callable[[Site, Report], None]
FAULTS: dict[str, Run] = {}


def fault(name: str) -> Callable[[Run], Run]:
    """A row of the table."""

    def add(run: Run) -> Run:
        FAULTS[name] = run
        return run

    return add


def run(site: Site, name: str) -> Report:
    """Make one fault on a whole site; the report says how it went."""
    report, begun = Report(name), time.monotonic()
    try:
        site.whole()
        FAULTS[name](site, report)
        check(report.proof, "nothing proves that the fault took effect")
    except Failed as failed:
        report.failure = str(failed)
    except Exception:
        report.failure = traceback.format_exc(limit=-4)
    report.seconds = time.monotonic() - begun
    return report


def text_of(report: Report) -> str:
    """The report in lines for people."""
    states = ", ".join(f"{count}x {state}" for state, count in counted(report.states).items())
    lines = [
        f"{'FAILED' if report.failure else 'ok    '} {report.name} ({report.seconds:.0f} s)",
        f"         injected: {report.proof or '-'}",
        *(f"         observed: {sentence}" for sentence in report.observed),
        f"         POSTs {sum(report.posts)} for {len(report.posts)} clicks; end state: {states or '-'}",
        f"         kept: {report.kept or '-'}; shown: {report.shown or '-'}"
        + (f"; shown after {report.shown_after_s:.1f} s" if report.shown_after_s is not None else ""),
    ]
    return "\n".join([*lines, *([f"         {report.failure}"] if report.failure else [])])


def counted(values: list[str]) -> dict[str, int]:
    return {value: values.count(value) for value in dict.fromkeys(values)}
