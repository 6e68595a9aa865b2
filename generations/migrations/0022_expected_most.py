from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("generations", "0021_index_of_ends"),
    ]

    operations = [
        migrations.AddField("replay", "expected_most", models.BigIntegerField(null=True)),
    ]
