"""The table of faults, and what each leaves in the report."""

import html
import re
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NamedTuple

from tests.faults.gateway import Sent
from tests.faults.site import Click, Failed, Site, check


@dataclass(frozen=True)
class Red:
    """What the health page and `doctor` say while a fault lasts: the beginning of a line's name, and a part of its words."""

    line: str
    said: str


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
    health: str = ""
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

    def looks_red(self, site: Site, *, doctor: bool = False, **changes: str) -> None:
        """While it lasts, an admin sees why on the health page; with `doctor` the operator does, too, in a shell.

        Without a database no page can be shown: what stands in its place leads the operator to `doctor`.
        """
        red = FAULTS[self.name].red
        assert red is not None
        page, limit = site.page(HEALTH), time.monotonic() + SHOWN_S
        while page.status == 200 and red.said not in " ".join(reds_of(page.body.decode()).values()):
            check(
                time.monotonic() < limit, f"nothing is red after {SHOWN_S} s: {reds_of(page.body.decode())}"
            )
            time.sleep(1)  # whoever was killed while it started has said that it is there
            page = site.page(HEALTH)
        asked = site.begin_doctor(**changes) if doctor else None
        seen = [("the page", reds_of(page.body.decode()))] if page.status == 200 else []
        check(
            seen or (asked and "manage.py doctor" in page.body.decode()),
            f"the health page answered {page.status}",
        )
        seen += [("doctor", site.doctor_says(asked))] if asked else []
        for where, lines in seen:
            said = " ".join(words for name, words in lines.items() if name.startswith(red.line))
            check(red.said in said, f"{where} does not say that {red.line} is red, but: {lines}")
            self.health = f"{red.line}: {said} ({' and '.join(name for name, _ in seen)})"

    def keeps(self, kept: str, sent: Sent, until: float = float("inf")) -> None:
        """Nothing that was sent before `until` is lost."""
        expected = sent.text(until)
        self.kept = f"{len(kept)} of {len(sent.text())} characters, {len(expected)} owed"
        check(kept.startswith(expected), f"lost: {self.kept}")


Run = Callable[[Site, Report], None]


class Fault(NamedTuple):
    """How it is injected, and what health shows meanwhile; `over` says why no line is red, where none is."""

    run: Run
    red: Red | None
    over: str


FAULTS: dict[str, Fault] = {}
HEALTH, SHOWN_S = "/t/acme/settings/health", 30
NOTICE = re.compile(r'class="notice bad">.*?<strong>([^<]*)</strong><p>([^<]*)', re.S)


def fault(name: str, *, red: Red | None = None, over: str = "") -> Callable[[Run], Run]:
    """A row of the table: health shows it, or somebody has said why it does not."""
    assert bool(red) != bool(over), f"{name}: either `red` or `over`"

    def add(run: Run) -> Run:
        FAULTS[name] = Fault(run, red, over)
        return run

    return add


def reds_of(page: str) -> dict[str, str]:
    """The red lines of a health page."""
    return {name: html.unescape(" ".join(said.split())) for name, said in NOTICE.findall(page)}


def run(site: Site, name: str) -> Report:
    """Make one fault on a whole site; the report says how it went."""
    report, begun = Report(name), time.monotonic()
    try:
        site.whole()
        before = reds_of(site.page(HEALTH).body.decode())
        check(not before, f"red already before it: {before}")
        FAULTS[name].run(site, report)
        check(report.proof, "nothing proves that the fault took effect")
        check(report.health or FAULTS[name].over, "nobody has looked at the health page")
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
        f"         health: {report.health or FAULTS[report.name].over}",
    ]
    return "\n".join([*lines, *([f"         {report.failure}"] if report.failure else [])])


def counted(values: list[str]) -> dict[str, int]:
    return {value: values.count(value) for value in dict.fromkeys(values)}


def first_sentence(said: str) -> str:
    return re.split(r"[.:] ", said)[0].rstrip(".")


def health_table() -> str:
    """Each fault and what health shows of it, as docs/operating.md has it."""
    rows = [
        f"| {name} | {f'*{fault.red.line}* is red: {first_sentence(fault.red.said)}' if fault.red else fault.over} |"
        for name, fault in sorted(FAULTS.items(), key=lambda item: item[0].lower())
    ]
    return "\n".join(["| Injected | Health |", "|---|---|", *rows]) + "\n"
