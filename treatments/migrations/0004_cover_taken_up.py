"""When a worker took a plan of cover up, so that no second one works on it."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("treatments", "0003_cover"),
    ]

    operations = [
        migrations.AddField(
            model_name="coverplan",
            name="taken_at",
            field=models.DateTimeField(blank=True, null=True, verbose_name="taken up at"),
        ),
    ]
