from django.db import migrations, models

from dashboard.online_indexes import AddIndexOnline


class Migration(migrations.Migration):
    atomic = False

    dependencies = [
        ("generations", "0020_to_compare_index"),
    ]

    operations = [
        AddIndexOnline(
            "replay",
            models.Index(
                fields=["finished_at"],
                condition=models.Q(finished_at__isnull=False),
                name="replays_by_end",
            ),
        ),
    ]
