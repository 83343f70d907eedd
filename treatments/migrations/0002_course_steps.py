"""Keep what was done to courses; rows are never altered."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from clinic.models.append_only import append_only


class Migration(migrations.Migration):
    dependencies = [
        ("treatments", "0001_courses"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="CourseStep",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("move", "Session moved"),
                            ("cancel", "Session cancelled"),
                            ("pause", "Paused"),
                            ("book", "Missing sessions booked"),
                            ("length", "Number of sessions changed"),
                            ("gap", "Longer gap allowed"),
                            ("finish", "Finished early"),
                            ("stop", "Stopped"),
                        ],
                        max_length=8,
                        verbose_name="what",
                    ),
                ),
                (
                    "number",
                    models.PositiveSmallIntegerField(blank=True, null=True, verbose_name="session"),
                ),
                ("at", models.DateTimeField(verbose_name="at")),
                ("reason", models.CharField(blank=True, max_length=300, verbose_name="why")),
                (
                    "by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="by",
                    ),
                ),
                (
                    "course",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="steps",
                        to="treatments.course",
                        verbose_name="course",
                    ),
                ),
            ],
            options={
                "verbose_name": "step of a course",
                "verbose_name_plural": "steps of courses",
            },
        ),
        *append_only("treatments_coursestep"),
    ]
