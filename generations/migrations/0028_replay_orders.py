from django.db import migrations, models
from django.db.models import F, Q
from django.db.models.functions import Coalesce

from dashboard.online_indexes import AddIndexOnline

FREE = Q(sent=False) | Q(state="cancelled", reason="before_start") | Q(status_code__range=(400, 499))


class Migration(migrations.Migration):
    atomic = False

    dependencies = [
        ("generations", "0027_marks"),
    ]

    operations = [
        AddIndexOnline(
            "replay",
            models.Index(
                "team",
                models.Case(
                    models.When(FREE, then=models.Value(0)),
                    default=F("cost_nanos"),
                    output_field=models.BigIntegerField(),
                ),
                "id",
                name="replays_by_cost",
            ),
        ),
        AddIndexOnline("replay", models.Index(fields=["team", "total_ms", "id"], name="replays_by_wait")),
        AddIndexOnline(
            "replay",
            models.Index(
                "team",
                Coalesce(
                    F("input_tokens") + F("output_tokens"),
                    "output_tokens",
                    "input_tokens",
                    output_field=models.BigIntegerField(),
                ),
                "id",
                name="replays_by_tokens",
            ),
        ),
        AddIndexOnline(
            "replay",
            models.Index(fields=["team", "provider", "-created_at", "-id"], name="replays_by_provider"),
        ),
    ]
