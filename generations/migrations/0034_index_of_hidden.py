from django.db import migrations, models

from dashboard.online_indexes import AddIndexOnline


class Migration(migrations.Migration):
    atomic = False

    dependencies = [
        ("generations", "0033_trend_totals"),
    ]

    operations = [
        AddIndexOnline(
            name,
            models.Index(fields=["id"], condition=models.Q(hidden=True), name=f"hidden_{name}s"),
        )
        for name in ("generation", "replay")
    ]
