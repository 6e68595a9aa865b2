from django.db import migrations, models
from django.db.models.functions import Coalesce

from dashboard.online_indexes import AddIndexOnline


class Migration(migrations.Migration):
    atomic = False

    dependencies = [
        ("generations", "0011_the_log"),
    ]

    operations = [
        AddIndexOnline("generation", models.Index(fields=["derived", "-id"], name="by_derived")),
        AddIndexOnline("replay", models.Index(fields=["consent"], name="replays_by_consent")),
        AddIndexOnline("replayanswer", models.Index(fields=["version"], name="answers_by_version")),
        AddIndexOnline(
            "generation",
            models.Index("team", Coalesce("wait_ms", "generation_ms", "latency_ms"), name="by_wait"),
        ),
        AddIndexOnline(
            "generation",
            models.Index(
                fields=["team", "session_id", "-sorted_at", "-id"],
                condition=~models.Q(session_id=""),
                name="by_session",
            ),
        ),
    ]
