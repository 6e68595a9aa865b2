from django.db import migrations, models

from dashboard.online_indexes import AddIndexOnline


class Migration(migrations.Migration):
    atomic = False

    dependencies = [
        ("generations", "0019_beginnings"),
    ]

    operations = [
        AddIndexOnline(
            "replay",
            models.Index(
                fields=["-finished_at"],
                condition=models.Q(similarity=None, state="succeeded"),
                name="replays_to_compare",
            ),
        ),
    ]
