from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("generations", "0028_replay_orders"),
    ]

    operations = [
        migrations.AddField(
            "generation", "app_id", models.CharField(blank=True, db_default="", default="", max_length=64)
        ),
    ]
