from django.db import migrations, models

from dashboard.online_indexes import AddIndexOnline


class Migration(migrations.Migration):
    atomic = False

    dependencies = [
        ("generations", "0031_removed_filters"),
    ]

    operations = [
        AddIndexOnline(
            name,
            models.Index(
                fields=["removed_at"],
                condition=models.Q(removed_at__isnull=False),
                name=f"{name}_removed",
            ),
        )
        for name in ("savedfilter", "savedlogfilter")
    ]
