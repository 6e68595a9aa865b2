from django.db import migrations, models

from dashboard.online_indexes import AddIndexOnline


class Migration(migrations.Migration):
    atomic = False

    dependencies = [
        ("generations", "0029_app_of_list"),
    ]

    operations = [
        AddIndexOnline(
            "generation",
            models.Index(
                fields=["team", "app_id", "-sorted_at", "-id"],
                condition=~models.Q(app_id=""),
                name="by_app",
            ),
        ),
    ]
