import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("dashboard", "0004_log_key"),
        ("generations", "0023_expected_most"),
    ]

    operations = [
        migrations.AddField("generation", "first_ms", models.DecimalField(max_digits=20, decimal_places=3, null=True)),
        migrations.AddField("generation", "speed", models.DecimalField(max_digits=20, decimal_places=3, null=True)),
        migrations.CreateModel(
            name="UsualFigures",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("model_id", models.CharField(max_length=200)),
                ("endpoint", models.CharField(blank=True, max_length=120)),
                ("figures", models.JSONField()),
                ("counted_at", models.DateTimeField()),
                (
                    "team",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="dashboard.team"
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=["team", "model_id", "endpoint"], name="usual_figures_of")
                ],
            },
        ),
        migrations.CreateModel(
            name="UsualCount",
            fields=[
                (
                    "team",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="usual_count",
                        serialize=False,
                        to="dashboard.team",
                    ),
                ),
                ("due_at", models.DateTimeField(db_index=True)),
            ],
        ),
    ]
