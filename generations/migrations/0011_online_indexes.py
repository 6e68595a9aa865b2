from django.db import migrations, models
from django.db.models.functions import Coalesce

from dashboard.online_indexes import AddIndexOnline


class Migration(migrations.Migration):
    atomic = False

    dependencies = [
        ("generations", "0010_consent"),
    ]

    operations = [
        AddIndexOnline("generation", models.Index(fields=["derived", "-id"], name="by_derived")),
        AddIndexOnline("replay", models.Index(fields=["consent"], name="replays_by_consent")),
        AddIndexOnline("replayanswer", models.Index(fields=["version"], name="answers_by_version")),
        AddIndexOnline(
            "generation",
            models.Index("team", Coalesce("wait_ms", "generation_ms", "latency_ms"), name="by_wait"),
        ),
    ]
