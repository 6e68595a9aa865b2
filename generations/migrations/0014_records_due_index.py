from django.db import migrations, models

from dashboard.online_indexes import AddIndexOnline


class Migration(migrations.Migration):
    atomic = False

    dependencies = [
        ("generations", "0013_record_due"),
    ]

    operations = [
        AddIndexOnline(
            "replay",
            models.Index(
                fields=["record_due_at"],
                condition=models.Q(record_due_at__isnull=False),
                name="records_due",
            ),
        ),
    ]
