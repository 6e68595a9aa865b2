from django.db import migrations, models

from dashboard.online_indexes import AddIndexOnline


class Migration(migrations.Migration):
    atomic = False

    dependencies = [
        ("generations", "0015_key_of_list"),
    ]

    operations = [
        AddIndexOnline(
            "generation",
            models.Index(
                fields=["team", "key_id", "-sorted_at", "-id"],
                condition=~models.Q(key_id=""),
                name="by_key",
            ),
        ),
    ]
