from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("generations", "0018_trends"),
    ]

    operations = [
        migrations.AddField("generation", "prompt_start", models.CharField(max_length=200, null=True)),
        migrations.AddField("generation", "answer_start", models.CharField(max_length=200, null=True)),
        migrations.AddField("replay", "answer_start", models.CharField(max_length=200, null=True)),
        migrations.AddField("replay", "similarity", models.SmallIntegerField(null=True)),
    ]
