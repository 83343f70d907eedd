"""The outbox, with consent, dead addresses, calls, timings and calendar addresses."""

import django.core.validators
import django.db.models.deletion
import uuid
from django.conf import settings
from django.db import migrations, models

from clinic.models.append_only import append_only


class Migration(migrations.Migration):
    dependencies = [
        ("clinic", "0005_fixed_holder"),
    ]

    operations = [
        migrations.CreateModel(
            name="Heartbeat",
            fields=[
                (
                    "name",
                    models.CharField(
                        max_length=40, primary_key=True, serialize=False, verbose_name="name"
                    ),
                ),
                ("at", models.DateTimeField(verbose_name="at")),
            ],
            options={
                "verbose_name": "heartbeat",
                "verbose_name_plural": "heartbeats",
            },
        ),
        migrations.CreateModel(
            name="MessageRule",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("name", models.SlugField(unique=True, verbose_name="name")),
                ("title", models.CharField(max_length=120, verbose_name="what is sent")),
                (
                    "minutes",
                    models.IntegerField(
                        help_text="Below zero: before. 1440 is a day.",
                        validators=[
                            django.core.validators.MinValueValidator(-262080),
                            django.core.validators.MaxValueValidator(262080),
                        ],
                        verbose_name="minutes after",
                    ),
                ),
                ("is_active", models.BooleanField(default=True, verbose_name="is sent")),
            ],
            options={
                "verbose_name": "message rule",
                "verbose_name_plural": "message rules",
                "ordering": ("name",),
            },
        ),
        migrations.CreateModel(
            name="CalendarFeed",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("public_id", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ("nonce", models.UUIDField(default=uuid.uuid4, verbose_name="nonce")),
                ("renewed_at", models.DateTimeField(verbose_name="address made at")),
                (
                    "client",
                    models.OneToOneField(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="feed",
                        to="clinic.client",
                        verbose_name="client",
                    ),
                ),
                (
                    "practitioner",
                    models.OneToOneField(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="feed",
                        to="clinic.practitioner",
                        verbose_name="practitioner",
                    ),
                ),
            ],
            options={
                "verbose_name": "calendar feed",
                "verbose_name_plural": "calendar feeds",
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("client__isnull", False), ("practitioner__isnull", True)),
                            models.Q(("client__isnull", True), ("practitioner__isnull", False)),
                            _connector="OR",
                        ),
                        name="feed_has_one_owner",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="CallEntry",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("public_id", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ("dedupe_key", models.CharField(max_length=120, unique=True, verbose_name="key")),
                (
                    "reason",
                    models.CharField(
                        choices=[
                            ("changed_soon", "The clinic changed a visit that is soon"),
                            ("no_address", "No address to write to"),
                            ("undelivered", "A message could not be delivered"),
                            ("repair", "New dates wait for an answer"),
                            ("overdue", "No next visit is booked"),
                        ],
                        max_length=12,
                        verbose_name="reason",
                    ),
                ),
                ("about", models.CharField(max_length=20, verbose_name="about")),
                ("about_id", models.BigIntegerField(verbose_name="number of what it is about")),
                ("about_version", models.PositiveIntegerField(default=0, verbose_name="version")),
                ("created_at", models.DateTimeField(verbose_name="written at")),
                ("call_by", models.DateTimeField(blank=True, null=True, verbose_name="call by")),
                (
                    "settled_at",
                    models.DateTimeField(blank=True, null=True, verbose_name="settled at"),
                ),
                ("note", models.CharField(blank=True, max_length=200, verbose_name="note")),
                (
                    "client",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="calls",
                        to="clinic.client",
                        verbose_name="client",
                    ),
                ),
                (
                    "location",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="clinic.location",
                        verbose_name="location",
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
                        verbose_name="spoken to by",
                    ),
                ),
            ],
            options={
                "verbose_name": "call",
                "verbose_name_plural": "calls",
                "indexes": [
                    models.Index(
                        condition=models.Q(("settled_at__isnull", True)),
                        fields=["created_at"],
                        name="call_open",
                    ),
                    models.Index(fields=["about", "about_id"], name="call_about"),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("settled_by__isnull", True),
                            ("settled_at__isnull", False),
                            _connector="OR",
                        ),
                        name="call_settled_whole",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Consent",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "purpose",
                    models.CharField(
                        choices=[
                            ("service", "Visits: confirmations, changes and reminders"),
                            ("recall", "Maintenance: when the next visit would be due"),
                        ],
                        max_length=8,
                        verbose_name="purpose",
                    ),
                ),
                (
                    "channel",
                    models.CharField(
                        choices=[("email", "e-mail"), ("sms", "text message")],
                        max_length=8,
                        verbose_name="channel",
                    ),
                ),
                ("given", models.BooleanField(verbose_name="given")),
                (
                    "source",
                    models.CharField(
                        choices=[
                            ("booking", "While booking"),
                            ("preferences", "On the page of preferences"),
                            ("link", "By a link in a message"),
                            ("word", "By answering a text message"),
                            ("provider", "Told by the mail provider"),
                            ("desk", "Told to reception"),
                            ("merge", "When two records were merged"),
                        ],
                        max_length=12,
                        verbose_name="how",
                    ),
                ),
                ("at", models.DateTimeField(verbose_name="at")),
                (
                    "by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="by",
                    ),
                ),
                (
                    "client",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="consents",
                        to="clinic.client",
                        verbose_name="client",
                    ),
                ),
            ],
            options={
                "verbose_name": "consent",
                "verbose_name_plural": "consents",
                "indexes": [
                    models.Index(
                        fields=["client", "purpose", "channel", "-id"], name="consent_newest"
                    )
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("purpose__in", ["service", "recall"])),
                        name="consent_purpose_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("channel__in", ["email", "sms"])),
                        name="consent_channel_known",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="DeadAddress",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "channel",
                    models.CharField(
                        choices=[("email", "e-mail"), ("sms", "text message")],
                        max_length=8,
                        verbose_name="channel",
                    ),
                ),
                ("address", models.CharField(max_length=254, verbose_name="address")),
                ("reason", models.CharField(max_length=200, verbose_name="reason")),
                ("at", models.DateTimeField(verbose_name="at")),
                (
                    "cleared_at",
                    models.DateTimeField(blank=True, null=True, verbose_name="cleared at"),
                ),
                (
                    "cleared_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="cleared by",
                    ),
                ),
            ],
            options={
                "verbose_name": "dead address",
                "verbose_name_plural": "dead addresses",
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("cleared_at", None)),
                        fields=("channel", "address"),
                        name="dead_address_once_open",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Message",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("public_id", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ("dedupe_key", models.CharField(max_length=120, unique=True, verbose_name="key")),
                ("kind", models.CharField(max_length=40, verbose_name="kind")),
                (
                    "channel",
                    models.CharField(
                        choices=[("email", "e-mail"), ("sms", "text message")],
                        default="email",
                        max_length=8,
                        verbose_name="channel",
                    ),
                ),
                ("about", models.CharField(max_length=20, verbose_name="about")),
                ("about_id", models.BigIntegerField(verbose_name="number of what it is about")),
                ("about_version", models.PositiveIntegerField(default=0, verbose_name="version")),
                ("details", models.JSONField(blank=True, default=dict, verbose_name="details")),
                ("due_at", models.DateTimeField(verbose_name="due at")),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("due", "Waiting"),
                            ("claimed", "Being sent"),
                            ("sent", "Sent"),
                            ("dropped", "Not needed any more"),
                            ("skipped", "Left out"),
                            ("failed", "Failed"),
                        ],
                        default="due",
                        max_length=8,
                        verbose_name="state",
                    ),
                ),
                ("tries", models.PositiveSmallIntegerField(default=0, verbose_name="tries")),
                (
                    "claim",
                    models.UUIDField(blank=True, editable=False, null=True, verbose_name="claim"),
                ),
                (
                    "lease_until",
                    models.DateTimeField(blank=True, null=True, verbose_name="claimed until"),
                ),
                (
                    "recovered",
                    models.BooleanField(default=False, verbose_name="a worker was lost with it"),
                ),
                (
                    "last_error",
                    models.CharField(blank=True, max_length=200, verbose_name="last error"),
                ),
                ("reason", models.CharField(blank=True, max_length=200, verbose_name="reason")),
                (
                    "provider_id",
                    models.CharField(blank=True, max_length=200, verbose_name="provider's number"),
                ),
                ("address", models.CharField(blank=True, max_length=254, verbose_name="sent to")),
                ("subject", models.CharField(blank=True, max_length=200, verbose_name="subject")),
                ("created_at", models.DateTimeField(verbose_name="written at")),
                ("sent_at", models.DateTimeField(blank=True, null=True, verbose_name="sent at")),
                (
                    "client",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="messages",
                        to="clinic.client",
                        verbose_name="client",
                    ),
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
                    "user",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="login",
                    ),
                ),
            ],
            options={
                "verbose_name": "message",
                "verbose_name_plural": "messages",
                "indexes": [
                    models.Index(
                        condition=models.Q(("state", "due")),
                        fields=["due_at", "id"],
                        name="message_due",
                    ),
                    models.Index(
                        condition=models.Q(("state", "claimed")),
                        fields=["lease_until"],
                        name="message_claimed",
                    ),
                    models.Index(fields=["about", "about_id"], name="message_about"),
                    models.Index(fields=["client", "-created_at"], name="message_of_client"),
                    models.Index(fields=["-created_at", "-id"], name="message_newest"),
                    models.Index(
                        condition=models.Q(("state", "failed")),
                        fields=["-created_at", "-id"],
                        name="message_failed",
                    ),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "state__in",
                                ["due", "claimed", "sent", "dropped", "skipped", "failed"],
                            )
                        ),
                        name="message_state_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("channel__in", ["email", "sms"])),
                        name="message_channel_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("client__isnull", False), ("user__isnull", True)),
                            models.Q(("client__isnull", True), ("user__isnull", False)),
                            _connector="OR",
                        ),
                        name="message_has_one_recipient",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("claim__isnull", False),
                                ("lease_until__isnull", False),
                                ("state", "claimed"),
                            ),
                            models.Q(
                                models.Q(("state", "claimed"), _negated=True),
                                ("claim__isnull", True),
                                ("lease_until__isnull", True),
                            ),
                            _connector="OR",
                        ),
                        name="message_leased_only_while_claimed",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("sent_at__isnull", False),
                                ("state", "sent"),
                                models.Q(("address", ""), _negated=True),
                            ),
                            models.Q(
                                models.Q(("state", "sent"), _negated=True),
                                ("sent_at__isnull", True),
                            ),
                            _connector="OR",
                        ),
                        name="message_sent_whole",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("state__in", ["dropped", "skipped"]), _negated=True),
                            models.Q(("reason", ""), _negated=True),
                            _connector="OR",
                        ),
                        name="message_left_out_with_reason",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("state", "failed"), _negated=True),
                            models.Q(("last_error", ""), _negated=True),
                            _connector="OR",
                        ),
                        name="message_failed_with_error",
                    ),
                ],
            },
        ),
        *append_only("clinic_consent"),
    ]
