from django.db import migrations, models

from dashboard.online_indexes import AddIndexOnline


class Migration(migrations.Migration):
    atomic = False

    dependencies = [
        ("generations", "0036_is_replay"),
    ]

    operations = [
        AddIndexOnline(
            "generation", models.Index(fields=["team", "is_replay", "-sorted_at", "-id"], name="by_is_replay")
        ),
        AddIndexOnline(
            "replay",
            models.Index(
                fields=["team", "new_request_id"],
                condition=~models.Q(new_request_id=""),
                name="replays_by_new_id",
            ),
        ),
    ]
