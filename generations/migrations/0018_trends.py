import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("dashboard", "0004_log_key"),
        ("generations", "0017_feedback"),
    ]

    operations = [
        migrations.CreateModel(
            name="TrendDay",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("day", models.DateField()),
                ("parts", models.JSONField(default=list)),
                ("counted_at", models.DateTimeField(null=True)),
                ("is_stale", models.BooleanField(default=True)),
                (
                    "team",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="dashboard.team"
                    ),
                ),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=["team", "day"], name="one_trend_per_day")],
                "indexes": [
                    models.Index(fields=["-day"], condition=models.Q(is_stale=True), name="stale_trends")
                ],
            },
        ),
    ]
