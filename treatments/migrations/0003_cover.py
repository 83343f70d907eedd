"""Cover plans, and times offered to clients."""

import django.db.models.deletion
import uuid
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("bookings", "0005_needles"),
        ("clinic", "0007_devices_and_notes"),
        ("treatments", "0002_course_steps"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="CoverPlan",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("public_id", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                (
                    "scope",
                    models.CharField(
                        choices=[
                            ("practitioner", "a practitioner"),
                            ("room", "a room"),
                            ("location", "a location"),
                            ("list", "all that need cover"),
                        ],
                        max_length=12,
                        verbose_name="for",
                    ),
                ),
                (
                    "cause",
                    models.CharField(
                        choices=[
                            ("ill", "ill"),
                            ("away", "time off"),
                            ("papers", "papers"),
                            ("hours", "changed hours"),
                            ("closed", "closed"),
                        ],
                        max_length=8,
                        verbose_name="because",
                    ),
                ),
                ("starts_at", models.DateTimeField(verbose_name="from")),
                ("ends_at", models.DateTimeField(verbose_name="to")),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("wanted", "being worked out"),
                            ("ready", "proposed"),
                            ("failed", "could not be worked out"),
                            ("applied", "applied"),
                            ("discarded", "discarded"),
                        ],
                        max_length=9,
                        verbose_name="state",
                    ),
                ),
                ("proposal", models.JSONField(default=list, verbose_name="proposal")),
                ("figures", models.JSONField(default=dict, verbose_name="figures")),
                ("made_at", models.DateTimeField(verbose_name="made at")),
                (
                    "settled_at",
                    models.DateTimeField(blank=True, null=True, verbose_name="settled at"),
                ),
                (
                    "location",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="clinic.location",
                        verbose_name="location",
                    ),
                ),
                (
                    "made_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="made by",
                    ),
                ),
                (
                    "practitioner",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="clinic.practitioner",
                        verbose_name="practitioner",
                    ),
                ),
                (
                    "room",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="clinic.room",
                        verbose_name="room",
                    ),
                ),
                (
                    "settled_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="settled by",
                    ),
                ),
            ],
            options={
                "verbose_name": "cover plan",
                "verbose_name_plural": "cover plans",
            },
        ),
        migrations.CreateModel(
            name="CoverOffer",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("public_id", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ("version", models.PositiveIntegerField(verbose_name="of version")),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("open", "waits for an answer"),
                            ("accepted", "accepted"),
                            ("declined", "declined"),
                            ("expired", "ran out"),
                            ("obsolete", "no longer needed"),
                        ],
                        max_length=8,
                        verbose_name="state",
                    ),
                ),
                ("made_at", models.DateTimeField(verbose_name="made at")),
                ("expires_at", models.DateTimeField(verbose_name="kept until")),
                (
                    "answered_at",
                    models.DateTimeField(blank=True, null=True, verbose_name="answered at"),
                ),
                (
                    "answered_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="answered by",
                    ),
                ),
                (
                    "appointment",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="cover_offers",
                        to="bookings.appointment",
                        verbose_name="visit",
                    ),
                ),
                (
                    "hold",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="offered_for",
                        to="bookings.appointment",
                        verbose_name="held visit",
                    ),
                ),
                (
                    "plan",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="offers",
                        to="treatments.coverplan",
                        verbose_name="cover plan",
                    ),
                ),
            ],
            options={
                "verbose_name": "offered time",
                "verbose_name_plural": "offered times",
            },
        ),
        migrations.AddIndex(
            model_name="coverplan",
            index=models.Index(
                condition=models.Q(("state", "wanted")),
                fields=["made_at"],
                name="cover_plan_wanted",
            ),
        ),
        migrations.AddConstraint(
            model_name="coverplan",
            constraint=models.CheckConstraint(
                condition=models.Q(("ends_at__gt", models.F("starts_at"))),
                name="cover_plan_ends_after_start",
            ),
        ),
        migrations.AddConstraint(
            model_name="coverplan",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("location__isnull", True),
                        ("practitioner__isnull", False),
                        ("room__isnull", True),
                        ("scope", "practitioner"),
                    ),
                    models.Q(
                        ("location__isnull", True),
                        ("practitioner__isnull", True),
                        ("room__isnull", False),
                        ("scope", "room"),
                    ),
                    models.Q(
                        ("location__isnull", False),
                        ("practitioner__isnull", True),
                        ("room__isnull", True),
                        ("scope", "location"),
                    ),
                    models.Q(
                        ("location__isnull", True),
                        ("practitioner__isnull", True),
                        ("room__isnull", True),
                        ("scope", "list"),
                    ),
                    _connector="OR",
                ),
                name="cover_plan_of_one_thing",
            ),
        ),
        migrations.AddConstraint(
            model_name="coveroffer",
            constraint=models.UniqueConstraint(
                condition=models.Q(("state", "open")),
                fields=("appointment",),
                name="cover_offer_one_open_a_visit",
            ),
        ),
        migrations.AddConstraint(
            model_name="coveroffer",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("answered_at__isnull", True), ("state", "open")),
                    models.Q(
                        models.Q(("state", "open"), _negated=True), ("answered_at__isnull", False)
                    ),
                    _connector="OR",
                ),
                name="cover_offer_answered_once_settled",
            ),
        ),
    ]
