import uuid

import django.contrib.postgres.constraints
import django.contrib.postgres.fields.ranges
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("clinic", "0001_initial"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Appointment",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("public_id", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ("segments", models.JSONField(verbose_name="segments")),
                ("starts_at", models.DateTimeField(verbose_name="starts at")),
                ("ends_at", models.DateTimeField(verbose_name="ends at")),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("held", "Held"),
                            ("booked", "Booked"),
                            ("arrived", "Arrived"),
                            ("in_session", "In session"),
                            ("completed", "Completed"),
                            ("cancelled", "Cancelled"),
                            ("no_show", "Did not come"),
                            ("not_treated", "Not treated"),
                            ("expired", "Hold ran out"),
                        ],
                        max_length=12,
                        verbose_name="state",
                    ),
                ),
                ("version", models.PositiveIntegerField(default=0, verbose_name="version")),
                (
                    "held_until",
                    models.DateTimeField(blank=True, null=True, verbose_name="held until"),
                ),
                ("hold_extended", models.BooleanField(default=False, verbose_name="hold extended")),
                (
                    "any_practitioner",
                    models.BooleanField(default=False, verbose_name="any practitioner asked for"),
                ),
                (
                    "client_moves",
                    models.PositiveSmallIntegerField(
                        default=0, verbose_name="moves made by the client"
                    ),
                ),
                (
                    "changed_by_clinic",
                    models.BooleanField(default=False, verbose_name="changed by the clinic"),
                ),
                (
                    "cancelled_late",
                    models.BooleanField(default=False, verbose_name="cancelled late"),
                ),
                (
                    "cancelled_by_client",
                    models.BooleanField(default=False, verbose_name="cancelled by the client"),
                ),
                ("created_at", models.DateTimeField(verbose_name="made at")),
            ],
            options={
                "verbose_name": "appointment",
                "verbose_name_plural": "appointments",
            },
        ),
        migrations.CreateModel(
            name="BookingRequest",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("key", models.CharField(max_length=255, verbose_name="key")),
                ("fingerprint", models.CharField(max_length=64, verbose_name="fingerprint")),
                ("created_at", models.DateTimeField(verbose_name="at")),
            ],
            options={
                "verbose_name": "booking request",
                "verbose_name_plural": "booking requests",
            },
        ),
        migrations.CreateModel(
            name="ChangeRequest",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("wish", models.CharField(max_length=300, verbose_name="when would suit you")),
                ("created_at", models.DateTimeField(verbose_name="asked at")),
                (
                    "answered_at",
                    models.DateTimeField(blank=True, null=True, verbose_name="answered at"),
                ),
                (
                    "outcome",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("moved", "moved"),
                            ("kept", "kept as it was"),
                            ("cancelled", "cancelled"),
                        ],
                        max_length=10,
                        verbose_name="outcome",
                    ),
                ),
            ],
            options={
                "verbose_name": "request to move",
                "verbose_name_plural": "requests to move",
            },
        ),
        migrations.CreateModel(
            name="Reservation",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("during", django.contrib.postgres.fields.ranges.DateTimeRangeField()),
                ("held_until", models.DateTimeField(null=True)),
            ],
            options={
                "verbose_name": "reservation",
                "verbose_name_plural": "reservations",
            },
        ),
        migrations.CreateModel(
            name="StatusChange",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("from_state", models.CharField(blank=True, max_length=12, verbose_name="from")),
                ("to_state", models.CharField(max_length=12, verbose_name="to")),
                ("at", models.DateTimeField(verbose_name="at")),
                ("reason", models.CharField(blank=True, max_length=300, verbose_name="reason")),
            ],
            options={
                "verbose_name": "change of state",
                "verbose_name_plural": "changes of state",
            },
        ),
        migrations.CreateModel(
            name="TimeOff",
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
                            ("away", "time off"),
                            ("blocked", "blocked time"),
                            ("closure", "closure"),
                        ],
                        max_length=8,
                        verbose_name="kind",
                    ),
                ),
                ("starts_at", models.DateTimeField(verbose_name="from")),
                ("ends_at", models.DateTimeField(verbose_name="to")),
                ("name", models.CharField(blank=True, max_length=80, verbose_name="name")),
            ],
            options={
                "verbose_name": "time off",
                "verbose_name_plural": "time off",
            },
        ),
        migrations.AddField(
            model_name="appointment",
            name="client",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="appointments",
                to="clinic.client",
                verbose_name="client",
            ),
        ),
        migrations.AddField(
            model_name="appointment",
            name="location",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="appointments",
                to="clinic.location",
                verbose_name="location",
            ),
        ),
        migrations.AddField(
            model_name="appointment",
            name="practitioner",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="appointments",
                to="clinic.practitioner",
                verbose_name="practitioner",
            ),
        ),
        migrations.AddField(
            model_name="appointment",
            name="room",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="appointments",
                to="clinic.room",
                verbose_name="room",
            ),
        ),
        migrations.AddField(
            model_name="appointment",
            name="service",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="appointments",
                to="clinic.service",
                verbose_name="service",
            ),
        ),
        migrations.AddField(
            model_name="bookingrequest",
            name="appointment",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                to="bookings.appointment",
                verbose_name="appointment",
            ),
        ),
        migrations.AddField(
            model_name="bookingrequest",
            name="user",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="booking_requests",
                to=settings.AUTH_USER_MODEL,
                verbose_name="sent by",
            ),
        ),
        migrations.AddField(
            model_name="changerequest",
            name="answered_by",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
                verbose_name="answered by",
            ),
        ),
        migrations.AddField(
            model_name="changerequest",
            name="appointment",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="change_requests",
                to="bookings.appointment",
                verbose_name="appointment",
            ),
        ),
        migrations.AddField(
            model_name="reservation",
            name="appointment",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="reservations",
                to="bookings.appointment",
            ),
        ),
        migrations.AddField(
            model_name="reservation",
            name="resource",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="reservations",
                to="clinic.resource",
            ),
        ),
        migrations.AddField(
            model_name="statuschange",
            name="appointment",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="status_changes",
                to="bookings.appointment",
                verbose_name="appointment",
            ),
        ),
        migrations.AddField(
            model_name="statuschange",
            name="by",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
                verbose_name="by",
            ),
        ),
        migrations.AddField(
            model_name="timeoff",
            name="location",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="closures",
                to="clinic.location",
                verbose_name="location",
            ),
        ),
        migrations.AddField(
            model_name="timeoff",
            name="practitioner",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="time_off",
                to="clinic.practitioner",
                verbose_name="practitioner",
            ),
        ),
        migrations.AddField(
            model_name="timeoff",
            name="room",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="time_off",
                to="clinic.room",
                verbose_name="room",
            ),
        ),
        migrations.AddField(
            model_name="reservation",
            name="time_off",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="reservations",
                to="bookings.timeoff",
            ),
        ),
        migrations.AddIndex(
            model_name="appointment",
            index=models.Index(fields=["location", "starts_at"], name="appointment_day"),
        ),
        migrations.AddIndex(
            model_name="appointment",
            index=models.Index(fields=["client", "starts_at"], name="appointment_of_client"),
        ),
        migrations.AddIndex(
            model_name="appointment",
            index=models.Index(
                fields=["practitioner", "starts_at"], name="appointment_of_practitioner"
            ),
        ),
        migrations.AddIndex(
            model_name="appointment",
            index=models.Index(
                condition=models.Q(("state", "held")),
                fields=["held_until"],
                name="appointment_holds",
            ),
        ),
        migrations.AddConstraint(
            model_name="appointment",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "state__in",
                        [
                            "held",
                            "booked",
                            "arrived",
                            "in_session",
                            "completed",
                            "cancelled",
                            "no_show",
                            "not_treated",
                            "expired",
                        ],
                    )
                ),
                name="appointment_state_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="appointment",
            constraint=models.CheckConstraint(
                condition=models.Q(("ends_at__gt", models.F("starts_at"))),
                name="appointment_ends_after_start",
            ),
        ),
        migrations.AddConstraint(
            model_name="appointment",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("held_until__isnull", False), ("state__in", ["held", "expired"])),
                    models.Q(
                        models.Q(("state__in", ["held", "expired"]), _negated=True),
                        ("held_until__isnull", True),
                    ),
                    _connector="OR",
                ),
                name="appointment_held_until_only_when_held",
            ),
        ),
        migrations.AddConstraint(
            model_name="appointment",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("state__in", ["held", "expired"]), ("client__isnull", False), _connector="OR"
                ),
                name="appointment_has_client_once_booked",
            ),
        ),
        migrations.AddConstraint(
            model_name="appointment",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("state", "cancelled"),
                    models.Q(("cancelled_by_client", False), ("cancelled_late", False)),
                    _connector="OR",
                ),
                name="appointment_late_only_when_cancelled",
            ),
        ),
        migrations.AddConstraint(
            model_name="bookingrequest",
            constraint=models.UniqueConstraint(
                fields=("user", "key"), name="booking_request_once_a_user"
            ),
        ),
        migrations.AddConstraint(
            model_name="changerequest",
            constraint=models.UniqueConstraint(
                condition=models.Q(("answered_at__isnull", True)),
                fields=("appointment",),
                name="change_request_one_open_a_visit",
            ),
        ),
        migrations.AddConstraint(
            model_name="changerequest",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("answered_at__isnull", True), ("outcome", "")),
                    models.Q(
                        ("answered_at__isnull", False), models.Q(("outcome", ""), _negated=True)
                    ),
                    _connector="OR",
                ),
                name="change_request_answered_whole",
            ),
        ),
        migrations.AddIndex(
            model_name="timeoff",
            index=models.Index(fields=["starts_at", "ends_at"], name="time_off_span"),
        ),
        migrations.AddConstraint(
            model_name="timeoff",
            constraint=models.CheckConstraint(
                condition=models.Q(("ends_at__gt", models.F("starts_at"))),
                name="time_off_ends_after_start",
            ),
        ),
        migrations.AddConstraint(
            model_name="timeoff",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("kind__in", ["away", "blocked"]),
                        ("location__isnull", True),
                        ("practitioner__isnull", False),
                        ("room__isnull", True),
                    ),
                    models.Q(
                        ("kind", "blocked"),
                        ("location__isnull", True),
                        ("practitioner__isnull", True),
                        ("room__isnull", False),
                    ),
                    models.Q(
                        ("kind", "closure"),
                        ("location__isnull", False),
                        ("practitioner__isnull", True),
                        ("room__isnull", True),
                    ),
                    _connector="OR",
                ),
                name="time_off_of_one_thing",
            ),
        ),
        migrations.AddConstraint(
            model_name="timeoff",
            constraint=models.UniqueConstraint(
                condition=models.Q(("kind", "closure")),
                fields=("location", "starts_at", "ends_at"),
                name="closure_once_a_location",
            ),
        ),
        migrations.AddConstraint(
            model_name="reservation",
            constraint=django.contrib.postgres.constraints.ExclusionConstraint(
                expressions=[
                    (
                        models.Func(
                            models.F("resource_id"),
                            models.F("resource_id"),
                            models.Value("[]"),
                            function="int8range",
                            output_field=django.contrib.postgres.fields.ranges.BigIntegerRangeField(),
                        ),
                        "&&",
                    ),
                    ("during", "&&"),
                ],
                name="reservation_no_overlap",
            ),
        ),
        migrations.AddConstraint(
            model_name="reservation",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("appointment__isnull", False), ("time_off__isnull", True)),
                    models.Q(
                        ("appointment__isnull", True),
                        ("held_until__isnull", True),
                        ("time_off__isnull", False),
                    ),
                    _connector="OR",
                ),
                name="reservation_for_one_thing",
            ),
        ),
        migrations.AddConstraint(
            model_name="reservation",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("during__isempty", False),
                    ("during__lower_inf", False),
                    ("during__upper_inf", False),
                ),
                name="reservation_during_bounded",
            ),
        ),
    ]
