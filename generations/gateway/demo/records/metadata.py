"""The metadata of a record: how it was routed and what was looked at on the way."""

from generations.gateway.demo.legs import leg
from generations.gateway.demo.records.clients import client
from generations.gateway.demo.records.rows import Rows
from generations.gateway.demo.replies import diagnostics
from generations.gateway.demo.shapes import Json


def detail(rows: Rows) -> Json:
    """The `detail_metadata`: less is written of failures, but `client_source` always stands there (§0.2)."""
    return {"client_source": None, "request": {"user_agent": rows.story.agent}} | logged(rows)


def logged(rows: Rows) -> Json:
    """The same as the log keeps it, in the writer's order."""
    story = rows.story
    tried = [str(item["provider"]) for item in rows.attempts if item.get("provider")]
    providers = diagnostics.ranked(story.model, tried)
    routed: Json = {"routing_snapshot": diagnostics.snapshot(story.model, providers, rows.request_id)}
    routed["routing_diagnostics"] = diagnostics.routing(
        story.model, story.endpoint, rows.body, len(providers)
    )
    stored = {"replay_supported": story.io == "stored"}
    if rows.refused:
        return {"stage": "execute"} | routed | stored
    made: Json = {"stage": "execute", "client_source": client(story.agent)}
    enabled = {
        "provider_enablement_diagnostics": diagnostics.enablement(story.endpoint, providers),
        "provider_candidate_diagnostics": diagnostics.candidates(len(providers)),
    }
    if not rows.answered:
        return made | routed | enabled | {"web_fetch_observability": None} | stored
    made |= {"finish_reason": story.reply.finish if story.reply else None}
    made |= {"plugin_executions": None if _passed(rows) else []} | routed
    made |= {"response_cache": diagnostics.cache(streamed=rows.streamed)} | enabled
    made |= {"search_observability": None, "web_fetch_observability": None}
    return made | stored | {"guardrail_enforcement_present": False}


def _passed(rows: Rows) -> bool:
    """Whether frames of chat or messages went through nearly as they were."""
    passed = leg(rows.story.endpoint, rows.provider or "") == "chat" or rows.story.endpoint == "messages"
    return rows.streamed and passed
