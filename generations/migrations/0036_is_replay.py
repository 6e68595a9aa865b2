from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("generations", "0035_place_of_id"),
    ]

    operations = [
        migrations.AddField("generation", "is_replay", models.BooleanField(db_default=False, default=False)),
    ]
