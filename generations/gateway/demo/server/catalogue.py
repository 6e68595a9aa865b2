"""The other read endpoints: key, models, providers, endpoints, logs, activity, credits."""

from datetime import datetime, timedelta

from generations.gateway.demo.keys import Holder
from generations.gateway.demo.prices import MODELS
from generations.gateway.demo.records.audit_row import audit_row
from generations.gateway.demo.records.rows import Rows
from generations.gateway.demo.shapes import Json

_NAMES = {
    "google-ai-studio": "Google AI Studio",
    "google-vertex": "Google Vertex AI",
    "amazon-bedrock": "Amazon Bedrock",
}


def _paged(query: dict[str, str], usual: int, most: int) -> tuple[int, int]:
    """contract: bad values of limit and offset fall back silently to defaults."""
    limit, offset = query.get("limit", ""), query.get("offset", "")
    size = int(limit) if limit.isdecimal() and int(limit) >= 1 else usual
    return min(size, most), int(offset) if offset.isdecimal() else 0


def key_info(holder: Holder, workspace: str) -> Json:
    """GET /v1/key."""
    moment = "2026-03-02T09:14:07.221+00:00"
    return {
        "data": {
            "id": holder.key_id,
            "hash": "5c1f0a9be0d24c7e",
            "workspace_id": workspace,
            "name": holder.name,
            "label": holder.name,
            "prefix": "phaseo_v1_sk_Demo",
            "status": "active",
            "disabled": False,
            "soft_blocked": False,
            "include_byok_in_limit": False,
            "limit": None,
            "limit_reset": None,
            "created_by": "ada@acme.example",
            "creator_user_id": "f0e1d2c3-b4a5-4968-8778-695a4b3c2d1e",
            "created_at": moment,
            "updated_at": moment,
            "last_used_at": None,
            "expires_at": None,
        }
    }


def models(query: dict[str, str]) -> Json:
    """GET /v1/models."""
    limit, offset = _paged(query, 100, 250)
    wanted = query.get("model_id")
    rows = [_model(name) for name in MODELS if wanted in (None, name)]
    page = {"ok": True, "availability_mode": "active", "limit": limit, "offset": offset, "total": len(rows)}
    return page | {"models": rows[offset : offset + limit]}


def _model(name: str) -> Json:
    model = MODELS[name]
    providers = [
        {"api_provider_id": provider, "endpoint": model.endpoints[0]} for provider in model.providers
    ]
    return {
        "model_id": name,
        "name": name.partition("/")[2],
        "organisation_id": name.partition("/")[0],
        "status": "active",
        "endpoints": list(model.endpoints),
        "providers": providers,
    }


def model_endpoints(name: str) -> Json | None:
    """GET /v1/models/{author}/{slug}/endpoints: who serves one model."""
    if name not in MODELS:
        return None
    model = MODELS[name]
    rows = [
        {
            "provider": provider,
            "provider_name": provider_name(provider),
            "endpoint": endpoint,
            "is_active": True,
        }
        for provider in model.providers
        for endpoint in model.endpoints
    ]
    return {"ok": True, "model_id": name, "endpoints": rows}


def provider_name(slug: str) -> str:
    """The name people know a provider by."""
    return _NAMES.get(slug, slug.title())


def providers(query: dict[str, str]) -> Json:
    """GET /v1/providers."""
    limit, offset = _paged(query, 100, 250)
    slugs = sorted({provider for model in MODELS.values() for provider in model.providers})
    rows = [
        {
            "api_provider_id": slug,
            "api_provider_name": provider_name(slug),
            "description": None,
            "link": None,
            "country_code": None,
        }
        for slug in slugs
    ]
    page = {"ok": True, "limit": limit, "offset": offset, "total": len(rows)}
    return page | {"providers": rows[offset : offset + limit]}


def endpoints(paths: dict[str, str]) -> Json:
    """GET /v1/endpoints."""
    first = {name: path for path, name in reversed(paths.items())}
    rows = []
    for name, path in sorted(first.items()):
        served = [model for model, known in MODELS.items() if name in known.endpoints]
        makers = {provider for model in served for provider in MODELS[model].providers}
        row = {"id": name, "capability_id": name, "public_path": path, "collection": name.partition(".")[0]}
        rows.append(row | {"model_count": len(served), "provider_count": len(makers)})
    return {
        "ok": True,
        "endpoints": [row["id"] for row in rows],
        "data": rows,
        "sample_models": list(MODELS)[:5],
    }


def activity(query: dict[str, str], rows: list[Rows], now: datetime) -> Json:
    """GET /v1/activity."""
    days = int(query["days"]) if query.get("days", "").isdecimal() else 30
    limit, offset = _paged(query, 100, 250)
    seen = [audit_row(row) for row in rows if row.created >= now - timedelta(days=days)]
    items = [_active(row) for row in seen[offset : offset + limit]]
    costs = (row.get("cost_nanos") for row in seen)
    cost = sum(nanos for nanos in costs if isinstance(nanos, int))
    page = {"ok": True, "period_days": days, "limit": limit, "offset": offset, "total": len(seen)}
    return page | {"total_cost_cents": cost / 10**7, "activity": items}


def _active(row: Json) -> Json:
    cost = row.get("cost_nanos")
    cents = cost / 10**7 if isinstance(cost, int) else None
    shown = {
        name: row.get(column) for name, column in (("request_id", "request_id"), ("provider", "provider"))
    }
    shown |= {"model": row.get("model_id"), "endpoint": row.get("endpoint"), "usage": row.get("usage")}
    return shown | {
        "cost_cents": cents,
        "latency_ms": row.get("latency_ms"),
        "timestamp": row.get("created_at"),
    }


CREDITS: Json = {
    "ok": True,
    "credits": {
        "remaining": 182.41,
        "balance_nanos": 182_410_000_000,
        "reserved_nanos": 0,
        "available_nanos": 182_410_000_000,
        "thirty_day_usage": 61.07,
        "thirty_day_requests": 48_212,
    },
}
