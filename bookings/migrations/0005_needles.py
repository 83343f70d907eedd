"""Keep how many needles went into whom, and came out."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from clinic.models.append_only import append_only


class Migration(migrations.Migration):
    dependencies = [
        ("bookings", "0004_promises"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="NeedleChange",
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
                            ("in", "needles in"),
                            ("out", "needles removed"),
                            ("searched", "searched, client told"),
                            ("undone", "last entry taken back"),
                        ],
                        max_length=8,
                        verbose_name="what",
                    ),
                ),
                (
                    "count",
                    models.PositiveSmallIntegerField(blank=True, null=True, verbose_name="number"),
                ),
                ("at", models.DateTimeField(verbose_name="at")),
                (
                    "appointment",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="needle_changes",
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
                "verbose_name": "change of needles",
                "verbose_name_plural": "changes of needles",
            },
        ),
        migrations.CreateModel(
            name="Needling",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("in_count", models.PositiveSmallIntegerField(verbose_name="needles in")),
                ("in_at", models.DateTimeField(verbose_name="in at")),
                (
                    "out_count",
                    models.PositiveSmallIntegerField(
                        blank=True, null=True, verbose_name="needles removed"
                    ),
                ),
                ("out_at", models.DateTimeField(blank=True, null=True, verbose_name="removed at")),
                (
                    "searched_at",
                    models.DateTimeField(
                        blank=True, null=True, verbose_name="searched, client told, at"
                    ),
                ),
                (
                    "appointment",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="needling",
                        to="bookings.appointment",
                        verbose_name="appointment",
                    ),
                ),
            ],
            options={
                "verbose_name": "needles of a visit",
                "verbose_name_plural": "needles of visits",
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("out_at__isnull", True), ("out_count__isnull", True)),
                            models.Q(
                                ("out_at__gte", models.F("in_at")),
                                ("out_at__isnull", False),
                                ("out_count__isnull", False),
                            ),
                            _connector="OR",
                        ),
                        name="needling_removed_whole",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("searched_at__isnull", True),
                            models.Q(
                                ("out_count__isnull", False),
                                models.Q(("out_count", models.F("in_count")), _negated=True),
                            ),
                            _connector="OR",
                        ),
                        name="needling_searched_only_when_unequal",
                    ),
                ],
            },
        ),
        *append_only("bookings_needlechange"),
    ]
