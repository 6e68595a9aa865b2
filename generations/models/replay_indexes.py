"""The indexes of replays: those that lists sort and filter by, and those of what the workers look for."""

from django.db import models
from django.db.models import Q

from generations.models.generation import TOKENS
from generations.models.replay_costs import COST

INDEXES = [
    models.Index("team", COST, "id", name="replays_by_cost"),
    models.Index(fields=["team", "total_ms", "id"], name="replays_by_wait"),
    models.Index("team", TOKENS, "id", name="replays_by_tokens"),
    models.Index(fields=["team", "provider", "-created_at", "-id"], name="replays_by_provider"),
    models.Index(fields=["generation", "-created_at"]),
    models.Index(fields=["heartbeat_at"], condition=Q(state="running"), name="running_replays"),
    models.Index(fields=["message_sent_at"], condition=Q(state="queued"), name="queued_replays"),
    models.Index(fields=["consent"], name="replays_by_consent"),
    models.Index(
        fields=["-finished_at"],
        condition=Q(similarity=None, state="succeeded"),
        name="replays_to_compare",
    ),
    models.Index(fields=["team", "-created_at", "-id"], name="replays_by_time"),
    models.Index(fields=["team", "model_id", "-created_at", "-id"], name="replays_by_model"),
    models.Index(fields=["team", "state", "-created_at", "-id"], name="replays_by_state"),
    models.Index(fields=["batch", "place"], condition=Q(batch__isnull=False), name="batch_members"),
    models.Index(fields=["batch"], condition=Q(state="waiting"), name="waiting_members"),
    models.Index(fields=["team", "requested_by", "-created_at", "-id"], name="replays_by_person"),
    models.Index(fields=["record_due_at"], condition=Q(record_due_at__isnull=False), name="records_due"),
    models.Index(
        fields=["team", "batch"],
        condition=Q(state__in=["queued", "running"], batch__isnull=False),
        name="members_under_way",
    ),
    models.Index(fields=["finished_at"], condition=Q(finished_at__isnull=False), name="replays_by_end"),
    models.Index(fields=["id"], condition=Q(hidden=True), name="hidden_replays"),
    models.Index(
        fields=["team", "new_request_id"], condition=~Q(new_request_id=""), name="replays_by_new_id"
    ),
]
