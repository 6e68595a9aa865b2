from django.db import migrations, models
from django.db.models import F
from django.db.models.functions import Coalesce

from dashboard.online_indexes import AddIndexOnline


class Migration(migrations.Migration):
    atomic = False

    dependencies = [
        ("generations", "0024_usual_figures"),
    ]

    operations = [
        AddIndexOnline("generation", models.Index(fields=["team", "cost_nanos", "id"], name="cost_order")),
        AddIndexOnline(
            "generation",
            models.Index("team", Coalesce("wait_ms", "generation_ms", "latency_ms"), "id", name="wait_order"),
        ),
        AddIndexOnline(
            "generation",
            models.Index(
                "team",
                Coalesce(
                    F("input_tokens") + F("output_tokens"),
                    "output_tokens",
                    "input_tokens",
                    output_field=models.BigIntegerField(),
                ),
                "id",
                name="token_order",
            ),
        ),
    ]
