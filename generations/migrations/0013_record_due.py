from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("generations", "0012_online_indexes"),
    ]

    operations = [
        migrations.AddField("replay", "record_due_at", models.DateTimeField(null=True)),
    ]
