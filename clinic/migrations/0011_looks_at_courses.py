"""Looks at courses and at messages of a client are written down too."""

from django.db import migrations, models

LOOKS = ["card", "visit", "details", "course", "messages"]


class Migration(migrations.Migration):
    dependencies = [("clinic", "0010_access_log")]

    operations = [
        migrations.AlterField(
            model_name="accesslog",
            name="kind",
            field=models.CharField(
                choices=[
                    ("card", "client card"),
                    ("visit", "visit"),
                    ("details", "form with the details"),
                    ("course", "course"),
                    ("messages", "messages"),
                    ("changed", "details changed"),
                    ("merged", "another record merged into it"),
                ],
                max_length=8,
                verbose_name="what",
            ),
        ),
        migrations.RemoveConstraint(model_name="accesslog", name="access_kind_known"),
        migrations.AddConstraint(
            model_name="accesslog",
            constraint=models.CheckConstraint(
                name="access_kind_known",
                condition=models.Q(kind__in=LOOKS, window_at__isnull=False)
                | models.Q(kind__in=["changed", "merged"], window_at__isnull=True),
            ),
        ),
    ]
