"""Rows of the log with what the team has stored of them: two queries for any number of rows."""

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from django.urls import reverse

from dashboard.models import Team
from generations.gateway import endpoints
from generations.gateway.log import LogRow
from generations.lists import made_by
from generations.lists.made_by import Maker
from generations.lists.rows import ListRow, of_log
from generations.models import Generation
from generations.models.generation import PLAIN_ID


@dataclass(frozen=True, slots=True)
class LogItem:
    """A row of the log, its stored generation if there is one, and the replay of the team that made it. `home` is the
    team's address.
    """

    row: LogRow
    home: str
    stored: Generation | None = None
    maker: Maker | None = None

    @property
    def shown(self) -> ListRow:
        """As lists show it."""
        action = self.replay_url if self.may_replay else ""
        key = f"log-{self.row.request_id}"
        return of_log(self.row, self.stored, self.url, key=key, action_url=action, maker=self.maker)

    @property
    def url(self) -> str:
        """Its page; a request that is not stored is looked up there."""
        if self.stored is not None:
            return f"{self.home}g/{self.stored.slug}"
        if PLAIN_ID.fullmatch(self.row.request_id):
            return f"{self.home}g/{self.row.request_id}"
        return f"{self.home}lookup?{urlencode({'id': self.row.request_id})}"

    @property
    def replay_url(self) -> str:
        """Straight to the plan."""
        if self.stored is not None:
            return f"{self.url}/replay"
        return f"{self.home}lookup?{urlencode({'id': self.row.request_id, 'then': 'replay'})}"

    @property
    def may_replay(self) -> bool:
        """Whether a plan may come of it: whether its request was kept is seen then."""
        if self.stored is not None:
            return self.stored.replayable
        endpoint = endpoints.find(self.row.endpoint)
        return endpoint is not None and endpoint.refusal is None


def items(team: Team, rows: Sequence[LogRow]) -> list[LogItem]:
    """The rows as pages show them."""
    ids = [row.request_id for row in rows]
    stored = {
        generation.request_id: generation
        for generation in Generation.objects.of(team).filter(request_id__in=ids)
    }
    home = reverse("team_home", args=[team.slug])  # once: a reverse for each row takes milliseconds
    makers = made_by.of_ids(team, ids)
    return [LogItem(row, home, stored.get(row.request_id), makers.get(row.request_id)) for row in rows]
