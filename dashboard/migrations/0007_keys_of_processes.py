from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("dashboard", "0006_forgetting")]

    operations = [
        migrations.AddField("process", "keys", models.CharField(max_length=16, blank=True, db_default="")),
    ]
