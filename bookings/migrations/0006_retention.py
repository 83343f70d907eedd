"""Keep who set how long a client rests, and find the needles that are still in at once."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from clinic.models.append_only import append_only


class Migration(migrations.Migration):
    dependencies = [
        ("bookings", "0005_needles"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="RetentionChange",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("before_minutes", models.PositiveSmallIntegerField(verbose_name="minutes before")),
                ("minutes", models.PositiveSmallIntegerField(verbose_name="minutes")),
                ("at", models.DateTimeField(verbose_name="at")),
                (
                    "appointment",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="retention_changes",
                        to="bookings.appointment",
                        verbose_name="appointment",
                    ),
                ),
                (
                    "by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="by",
                    ),
                ),
            ],
            options={
                "verbose_name": "change of retention",
                "verbose_name_plural": "changes of retention",
            },
        ),
        migrations.AddIndex(
            model_name="needling",
            index=models.Index(
                condition=models.Q(("out_at__isnull", True)),
                fields=["in_at"],
                name="needling_still_in",
            ),
        ),
        *append_only("bookings_retentionchange"),
    ]
