from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("dashboard", "0004_log_key"),
    ]

    operations = [
        migrations.AddField("user", "preferences", models.JSONField(blank=True, null=True)),
    ]
