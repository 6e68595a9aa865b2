from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("generations", "0008_retry_after"),
    ]

    operations = [
        migrations.AddField(
            model_name="generation",
            name="wait_ms",
            field=models.DecimalField(decimal_places=3, max_digits=20, null=True),
        ),
    ]
