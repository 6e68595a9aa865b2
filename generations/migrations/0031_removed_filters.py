from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("generations", "0030_index_of_apps"),
    ]

    operations = [
        migrations.AddField("savedfilter", "removed_at", models.DateTimeField(null=True)),
        migrations.AddField("savedlogfilter", "removed_at", models.DateTimeField(null=True)),
    ]
