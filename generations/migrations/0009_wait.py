from django.db import migrations, models
from django.db.models.functions import Coalesce


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
        migrations.AddIndex(
            model_name="generation",
            index=models.Index("team", Coalesce("wait_ms", "generation_ms", "latency_ms"), name="by_wait"),
        ),
    ]
