"""How much a team may spend on replays: asked in the same transaction that makes the rows."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Count, Q, QuerySet, Sum, Value
from django.db.models.functions import Coalesce
from django.utils import timezone

from dashboard.models import Team, User
from generations.models import Replay, ReplayLimits
from generations.models.replay_costs import COST, UNSENT
from generations.reading.figures.formatting import dollars, plural, share

FORGOTTEN = "generation.forgotten"

# What it counts for: its cost, and before that is known the most that its limit allowed, or else that was expected. A price
# that nobody knows counts as a number only.
SPENT_NANOS = Coalesce(COST, "expected_most", "expected_high", "expected_low", Value(0))


class LimitExceeded(Exception):
    """A limit of the team forbids it. Its text names the limit, what is used and what was asked."""


@dataclass(frozen=True, slots=True)
class Spend:
    """What has been ordered in a day: how many replays, and nanos (see SPENT_NANOS). What was never sent is neither."""

    count: int
    nanos: int

    def __add__(self, other: "Spend") -> "Spend":
        return Spend(self.count + other.count, self.nanos + other.nanos)


@dataclass(frozen=True, slots=True)
class LimitUsage:
    """A limit of a day, `most`, and what is `used` of it. None is no limit."""

    used: int
    most: int | None

    @property
    def left(self) -> int | None:
        """Never below nothing: what was expected may have been cheaper than what it cost."""
        return None if self.most is None else max(0, self.most - self.used)

    @property
    def share(self) -> str:
        """For a meter from 0 to 1, "" when there is no limit."""
        return "" if self.most is None else share(self.used, self.most) or "1"


@dataclass(frozen=True, slots=True)
class LimitUsages:
    """The limits of a day for one person: theirs, and the team's."""

    person_day_nanos: LimitUsage
    person_day_count: LimitUsage
    team_day_nanos: LimitUsage
    team_day_count: LimitUsage


# --- what is used -------------------------------------------------------------------------------------------------


def midnight(now: datetime | None = None) -> datetime:
    """The beginning of the day, UTC."""
    return (now or timezone.now()).replace(hour=0, minute=0, second=0, microsecond=0)


def today(team: Team, now: datetime | None = None) -> "QuerySet[Replay]":
    """The team's replays since midnight, UTC."""
    return Replay.rows.filter(team=team, created_at__gte=midnight(now))  # what is hidden was spent, too


def spend_of_both(rows: "QuerySet[Replay]", user: User) -> tuple[Spend, Spend]:
    """The sum of those that `user` ordered, and of all: one query."""
    mine = Q(requested_by=user)
    totals = rows.exclude(UNSENT).aggregate(
        count=Count("pk"),
        nanos=Sum(SPENT_NANOS),
        my_count=Count("pk", filter=mine),
        my_nanos=Sum(SPENT_NANOS, filter=mine),
    )
    return Spend(totals["my_count"], totals["my_nanos"] or 0), Spend(totals["count"], totals["nanos"] or 0)


def spend_today(team: Team, user: User, now: datetime | None = None) -> tuple[Spend, Spend]:
    """What `user` and the team have used since midnight, UTC, with what was forgotten since."""
    mine, all_of_team = spend_of_both(today(team, now), user)
    forgotten = team.audit_events.filter(action=FORGOTTEN, at__gte=midnight(now))
    for details in forgotten.values_list("details", flat=True):
        for person, count, nanos in details.get("used", ()):
            all_of_team += Spend(count, nanos)
            mine += Spend(count, nanos) if person == user.pk else Spend(0, 0)
    return mine, all_of_team


def spend_by_person(replays: Collection[UUID]) -> list[list[int | None]]:
    """What these replays, about to be deleted, have used today: [person's row number, replays, nanos] each.

    It goes into the audit event of forgetting, because nobody gets room back by forgetting what they spent.
    """
    rows = Replay.rows.filter(pk__in=replays, created_at__gte=midnight()).exclude(UNSENT)
    totals = rows.values_list("requested_by").annotate(count=Count("pk"), nanos=Sum(SPENT_NANOS))
    return [[person, count, int(nanos)] for person, count, nanos in totals.order_by("requested_by")]


def limit_usages(team: Team, user: User, limits: ReplayLimits | None) -> LimitUsages:
    """What `user` and the team have used today of each limit."""
    set_by = limits or ReplayLimits(team=team)
    person, all_of_team = spend_today(team, user)
    return LimitUsages(
        LimitUsage(person.nanos, set_by.person_day_nanos),
        LimitUsage(person.count, set_by.person_day_count),
        LimitUsage(all_of_team.nanos, set_by.team_day_nanos),
        LimitUsage(all_of_team.count, set_by.team_day_count),
    )


# --- whether it may be --------------------------------------------------------------------------------------------


def of(team: Team) -> ReplayLimits | None:
    """The team's limits as they are now, to be shown."""
    return ReplayLimits.objects.filter(team=team).first()


def locked(team: Team) -> ReplayLimits | None:
    """The team's limits, held until the transaction ends, so that no two clicks squeeze past one."""
    return ReplayLimits.objects.select_for_update(no_key=True).filter(team=team).first()


def check(limits: ReplayLimits, team: Team, user: User, replays: Sequence[Replay]) -> None:
    """Raises LimitExceeded when the team's rows, these new ones among them, are over a limit. Call it after `locked`.

    The day is the one in which they were ordered, although midnight may have passed behind the lock.
    """
    if not replays:
        return
    _each_within(limits.per_replay_nanos, replays)
    person, all_of_team = spend_today(team, user, replays[0].created_at)
    _within("You", person, limits.person_day_count, limits.person_day_nanos)
    _within("The team", all_of_team, limits.team_day_count, limits.team_day_nanos)


ADVICE = "The day ends at midnight UTC; an admin of the team can raise the limit."


def _each_within(most: int | None, replays: Sequence[Replay]) -> None:
    if most is None:
        return
    worst = max(replays, key=_expected)
    if _expected(worst) > most:
        bound = "at least" if worst.expected_high is None and worst.expected_most is None else "up to"
        raise LimitExceeded(
            f"One replay may cost at most {dollars(most)}; {'this one' if len(replays) == 1 else 'one of these'} is "
            f"expected to cost {bound} {dollars(_expected(worst))}. An admin of the team can raise the limit."
        )


def _expected(replay: Replay) -> int:
    """The dearest that is expected of it, in nanos; nothing when the price is unknown."""
    return dearest(replay) or 0


def dearest(replay: Replay) -> int | None:
    """The most that it was expected to cost, in nanos: what its limit allows, else what was likely; None for no price."""
    known = (replay.expected_most, replay.expected_high, replay.expected_low)
    return next((price for price in known if price is not None), None)


def _within(who: str, now: Spend, count: int | None, nanos: int | None) -> None:
    if count is not None and now.count > count:
        raise LimitExceeded(
            f"{who} may start {plural(count, 'replay')} a day, and this would make {now.count:,}. {ADVICE}"
        )
    if nanos is not None and now.nanos > nanos:
        raise LimitExceeded(
            f"{who} may spend {dollars(nanos)} on replays a day, and this would make up to {dollars(now.nanos)}. "
            f"{ADVICE}"
        )


def needs_confirmation(limits: ReplayLimits | None, high: int | None) -> bool:
    """Whether what is ordered is dear enough to be confirmed explicitly."""
    return limits is not None and limits.confirm_nanos is not None and (high or 0) > limits.confirm_nanos
