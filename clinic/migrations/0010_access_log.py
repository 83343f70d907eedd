"""Keep who looked at a client's record, and who changed it."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from clinic.models.append_only import append_only


class Migration(migrations.Migration):
    dependencies = [
        ("clinic", "0009_calls_of_cover"),
    ]

    operations = [
        migrations.CreateModel(
            name="AccessLog",
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
                            ("card", "client card"),
                            ("visit", "visit"),
                            ("details", "form with the details"),
                            ("changed", "details changed"),
                            ("merged", "another record merged into it"),
                        ],
                        max_length=8,
                        verbose_name="what",
                    ),
                ),
                ("at", models.DateTimeField(verbose_name="at")),
                (
                    "window_at",
                    models.DateTimeField(blank=True, null=True, verbose_name="ten minutes from"),
                ),
                (
                    "by",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="by",
                    ),
                ),
                (
                    "client",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="clinic.client",
                        verbose_name="client",
                    ),
                ),
            ],
            options={
                "verbose_name": "look at a record",
                "verbose_name_plural": "looks at records",
                "indexes": [models.Index(fields=["client", "-at"], name="access_of_client")],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("by", "client", "kind", "window_at"),
                        name="access_one_look_in_ten_minutes",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("kind__in", ["card", "visit", "details"]),
                                ("window_at__isnull", False),
                            ),
                            models.Q(
                                ("kind__in", ["changed", "merged"]), ("window_at__isnull", True)
                            ),
                            _connector="OR",
                        ),
                        name="access_kind_known",
                    ),
                ],
            },
        ),
        *append_only("clinic_accesslog"),
    ]
