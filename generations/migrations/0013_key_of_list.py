from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("generations", "0012_online_indexes"),
    ]

    operations = [
        migrations.AddField(
            "generation", "key_id", models.CharField(blank=True, db_default="", default="", max_length=64)
        ),
    ]
