from django.db import migrations, models

from dashboard.online_indexes import AddIndexOnline


class Migration(migrations.Migration):
    atomic = False

    dependencies = [
        ("generations", "0034_index_of_hidden"),
    ]

    operations = [
        AddIndexOnline(
            "generation",
            models.Index(fields=["id"], include=["team", "sorted_at"], name="place_of_id"),
        ),
    ]
