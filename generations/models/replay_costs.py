"""What a replay has cost, in SQL."""

from django.db.models import BigIntegerField, Case, F, Q, Value, When

# No byte of it reached the gateway: it failed before, or it was cancelled while it waited. `Replay.is_unsent`.
UNSENT = Q(sent=False) | Q(state="cancelled", reason="before_start")
# contract: of the errors of a POST only those from 500 on may have been charged.
FREE = UNSENT | Q(status_code__range=(400, 499))
# What a replay has cost in nanos, as far as that is known; null is unknown, or not known yet.
COST = Case(When(FREE, then=Value(0)), default=F("cost_nanos"), output_field=BigIntegerField())
