"""Tags of the pages about people and connections: roles, events and connection tests in words."""

from dataclasses import dataclass
from typing import Any

from django import template
from django.utils.html import format_html_join
from django.utils.safestring import SafeString

from dashboard.models import AuditEvent, GatewayConnection, Role

register = template.Library()

RIGHTS = {
    Role.VIEWER: "can read what the team has looked up.",
    Role.MEMBER: "can read, look up and replay.",
    Role.ADMIN: "can also manage members and gateway connections.",
    Role.OWNER: "can do everything, including managing other owners.",
}

WORDS = {
    "team.created": "Team {subject} created",
    "team.renamed": "Team renamed from {before} to {subject}",
    "member.role": "{subject}: role changed from {before} to {after}",
    "member.left": "{subject} left",
    "member.removed": "{subject} removed",
    "member.reset_link": "Password reset link created for {subject}",
    "invitation.made": "Invitation created: {subject}",
    "invitation.revoked": "Invitation revoked: {subject}",
    "invitation.accepted": "{subject} joined as {role}",
    "connection.added": "Gateway connection {subject} added",
    "connection.changed": "Gateway connection {subject} changed",
    "connection.removed": "Gateway connection {subject} removed",
    "consent.given": "Connected by consent: {subject}",
    "consent.ended": "Disconnected: {subject}",
    "consent.replaced": "The consent for {subject} ended: the same person consented for another team",
    "limits.changed": "Replay limits changed: {subject}",
    "generation.pinned": "Pinned: {subject}",
    "generation.unpinned": "Pin lifted: {subject}",
    "connection.moved": "Gateway connection {subject} moved up",
}


@register.filter
def role_rights(role: str) -> str:
    """What somebody of this role may do, in a few words."""
    return RIGHTS[Role(role)]


@register.simple_tag
def role_list() -> SafeString:
    """All roles with what they may do."""
    return format_html_join(
        "", '<p class="help"><b>{}</b> {}</p>', [(role.label, RIGHTS[role]) for role in Role]
    )


@register.filter
def in_words(event: AuditEvent) -> str:
    """What happened, as one line. An action that is not listed is shown as it is."""
    words = WORDS.get(event.action, "{action} {subject}")
    return words.format_map(_Facts(event.details | {"subject": event.subject, "action": event.action}))


class _Facts(dict[str, Any]):
    def __missing__(self, name: str) -> str:
        return "unknown"


# --- Connection tests ---------------------------------------------------------------------------------------------

YES, NO, UNKNOWN = ("good", "good", "yes"), ("bad", "bad", "no"), ("", "unknown", "unknown")


@dataclass(frozen=True, slots=True)
class CheckFact:
    """One line of a connection test: `kind` of pill, `icon`, `word`, and the sentence next to it."""

    label: str
    kind: str
    icon: str
    word: str
    detail: str


# Name in the result -> label, and the sentence for yes, no and unknown.
QUESTIONS = {
    "reachable": ("Gateway reachable", ("", "", "")),
    "accepted": ("Key accepted", ("", "", "The gateway did not say.")),
    "reads_records": ("Can look up generations", ("", "", "The gateway did not say.")),
    "reads_bodies": (
        "Can read stored requests",
        (
            "",
            "Replays are not possible with this key: it lacks the generations:read scope.",
            "Unknown until a record with a stored request has been seen through this key.",
        ),
    ),
    "reads_log": (
        "Can browse the log",
        (
            "",
            "It needs the activity:read scope, or a management key that has it.",
            "The gateway did not say.",
        ),
    ),
    "sends": (
        "Can send replays",
        ("", "", "Unknown until a replay has been sent: testing it would cost money."),
    ),
}
ASKED = {
    "read": ["reachable", "accepted", "reads_records", "reads_bodies"],
    "replay": ["accepted", "sends"],
    "log": ["reads_log"],
}


@register.simple_tag
def check_facts(connection: GatewayConnection) -> list[CheckFact]:
    """What the last test saw, line by line, and before the first one only what is known.

    Without a key for replays the other key is asked about sending too.
    """
    result: dict[str, dict[str, Any]] = connection.check_result or {}
    if connection.checked_at is None:
        seen = result.get("read", {})
        return [_fact(name, seen[name], "") for name in ASKED["read"] if seen.get(name) is not None]
    seen_by_role = [(role, result[role]) for role in ASKED if role in result]
    lines = [fact for role, seen in seen_by_role for fact in _facts(role, seen, alone="replay" not in result)]
    return lines + [_fault(seen) for _, seen in seen_by_role if seen.get("fault") and not _works(seen)]


def _works(seen: dict[str, Any]) -> bool:
    return bool(seen.get("reads_records") or seen.get("reads_log"))


def _facts(role: str, seen: dict[str, Any], alone: bool) -> list[CheckFact]:
    names = ASKED[role] + (["sends"] if alone and role == "read" else [])
    if seen.get("accepted") is False:  # what a refused key could read is not known
        names = [name for name in names if name != "reads_bodies"]
    return [_fact(name, seen.get(name), "Replay key: " if role == "replay" else "") for name in names]


def _fact(name: str, value: bool | None, prefix: str) -> CheckFact:
    label, details = QUESTIONS[name]
    place = {True: 0, False: 1}.get(value, 2) if value is not None else 2
    label = prefix + label[0].lower() + label[1:] if prefix else label
    return CheckFact(label, *(YES, NO, UNKNOWN)[place], details[place])


def _fault(seen: dict[str, Any]) -> CheckFact:
    return CheckFact("What to do", "warn", "warn", seen["fault"], seen.get("advice", ""))
