"""One cause of an error: what happened, whose fault it is, what to do, and whether a replay can help."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias

Whose: TypeAlias = Literal["you", "account", "gateway", "provider", "network", "retake", "unknown"]
Help: TypeAlias = Literal["no", "same", "other", "later", "unsure"]
Action: TypeAlias = Literal["none", "replay", "replay_other_provider"]
Retry: TypeAlias = Literal["no", "later", "yes"]

FAULTS: dict[Whose, str] = {
    "you": "The request",
    "account": "The gateway account or its key",
    "gateway": "The gateway",
    "provider": "The provider",
    "network": "The network between Retake and the gateway",
    "retake": "Retake",
    "unknown": "Unknown",
}
HELPS: dict[Help, str] = {
    "no": "A replay of the same request will fail the same way.",
    "same": "A replay may well succeed: the cause was most likely temporary.",
    "other": "The same provider will most likely refuse again; another one may answer.",
    "later": "A replay can succeed once that is done.",
    "unsure": "A replay may help. Note: the failed request may have been charged.",
}
RETRIES: dict[Help, Retry] = {
    "no": "no",
    "same": "yes",
    "other": "later",
    "later": "later",
    "unsure": "later",
}


class _Names(dict[str, str]):
    def __missing__(self, key: str) -> str:
        return _UNNAMED.get(key, "unknown")


_UNNAMED = {"provider": "The provider", "model": "the model"}


@dataclass(frozen=True, slots=True)
class CatalogueEntry:
    """One cause. `key` is the code, reason, category, keyword or status that it explains.

    `{provider}` and `{model}` in title and advice are placeholders for known names.
    """

    key: str
    title: str
    fault: Whose
    advice: str
    helps: Help = "no"
    action: Action = "none"

    @property
    def retry(self) -> Retry:
        """Whether the same call may help: "yes" soon, "later", "no"."""
        return RETRIES[self.helps]

    def words(self, names: Mapping[str, str] | None = None) -> tuple[str, str]:
        """Title and advice with the names filled in; "The provider" and "the model" where they are unknown."""
        known = _Names(names or {})
        title, advice = self.title.format_map(known), self.advice.format_map(known)
        return title[:1].upper() + title[1:] if title.startswith(_UNNAMED["model"]) else title, advice


def table(*entries: CatalogueEntry) -> dict[str, CatalogueEntry]:
    return {entry.key: entry for entry in entries}
