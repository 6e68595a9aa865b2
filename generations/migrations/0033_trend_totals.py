from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("generations", "0032_index_of_removed_filters"),
    ]

    operations = [
        migrations.AddField("trendday", "total", models.JSONField(null=True)),
    ]
