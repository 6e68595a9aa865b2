from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("generations", "0014_records_due_index"),
    ]

    operations = [
        migrations.AddField(
            "generation", "key_id", models.CharField(blank=True, db_default="", default="", max_length=64)
        ),
    ]
