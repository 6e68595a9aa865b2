from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("generations", "0022_forgetting"),
    ]

    operations = [
        migrations.AddField("replay", "expected_most", models.BigIntegerField(null=True)),
    ]
