"""The outbox: every message that the clinic means to send, and when it last looked."""

import uuid
from datetime import datetime

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from clinic.models.people import Client
from clinic.models.places import Location


class MessageQuerySet(models.QuerySet["Message"]):
    """Filters named after what becomes of a message."""

    def waiting(self) -> "MessageQuerySet":
        """Messages that are still to be sent."""
        return self.filter(state__in=[Message.State.DUE, Message.State.CLAIMED])

    def failed(self) -> "MessageQuerySet":
        """Messages that nobody will try again unless somebody asks for it."""
        return self.filter(state=Message.State.FAILED)

    def about(self, about: str, about_id: int) -> "MessageQuerySet":
        """Messages about one thing."""
        return self.filter(about=about, about_id=about_id)

    def claimable(self, now: datetime) -> "MessageQuerySet":
        """Messages to be sent by now, with those whose worker was lost."""
        return self.filter(
            Q(state=Message.State.DUE, due_at__lte=now)
            | Q(state=Message.State.CLAIMED, lease_until__lte=now)
        )


MessageManager = models.Manager.from_queryset(MessageQuerySet)


class Message(models.Model):
    """One message to one person by one channel; written with the change that it tells of.

    `due -> claimed -> sent`, or `dropped` (no longer true), `skipped` (too late, or nowhere to
    send it), `failed` (tried often enough). A claim is one worker's, by its mark `claim`, until
    `lease_until`; `recovered` says that a worker was lost with it, so it may have gone out
    twice where a provider knows no keys. The database holds: one row per `dedupe_key`, one
    recipient, and the shape of each state. `about`, `about_id` and `about_version` name what
    it tells of, as the sender's app knows it; `details` is what the row alone remembers (the
    old times of what moved), and nothing about health. No text is stored: it is written when
    it is sent.
    """

    class State(models.TextChoices):
        DUE = "due", _("Waiting")
        CLAIMED = "claimed", _("Being sent")
        SENT = "sent", _("Sent")
        DROPPED = "dropped", _("Not needed any more")
        SKIPPED = "skipped", _("Left out")
        FAILED = "failed", _("Failed")

    class Channel(models.TextChoices):
        EMAIL = "email", _("e-mail")
        SMS = "sms", _("text message")

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    dedupe_key = models.CharField(_("key"), max_length=120)
    kind = models.CharField(_("kind"), max_length=40)
    channel = models.CharField(
        _("channel"), max_length=8, choices=Channel.choices, default=Channel.EMAIL
    )
    client = models.ForeignKey(
        Client,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="messages",
        db_index=False,  # `message_of_client` begins with it
        verbose_name=_("client"),
    )
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        db_index=False,  # nothing is looked up by it, and each change of a row writes every index
        verbose_name=_("login"),
    )
    about = models.CharField(_("about"), max_length=20)
    about_id = models.BigIntegerField(_("number of what it is about"))
    about_version = models.PositiveIntegerField(_("version"), default=0)
    details = models.JSONField(_("details"), default=dict, blank=True)
    location = models.ForeignKey(
        Location,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        db_index=False,
        verbose_name=_("location"),
    )
    due_at = models.DateTimeField(_("due at"))
    state = models.CharField(_("state"), max_length=8, choices=State.choices, default=State.DUE)
    tries = models.PositiveSmallIntegerField(_("tries"), default=0)
    claim = models.UUIDField(_("claim"), null=True, blank=True, editable=False)
    lease_until = models.DateTimeField(_("claimed until"), null=True, blank=True)
    recovered = models.BooleanField(_("a worker was lost with it"), default=False)
    last_error = models.CharField(_("last error"), max_length=200, blank=True)
    reason = models.CharField(_("reason"), max_length=200, blank=True)
    provider_id = models.CharField(_("provider's number"), max_length=200, blank=True)
    address = models.CharField(_("sent to"), max_length=254, blank=True)
    subject = models.CharField(_("subject"), max_length=200, blank=True)
    created_at = models.DateTimeField(_("written at"))
    sent_at = models.DateTimeField(_("sent at"), null=True, blank=True)

    objects = MessageManager()

    class Meta:
        verbose_name = _("message")
        verbose_name_plural = _("messages")
        indexes = [
            models.Index(fields=["due_at", "id"], name="message_due", condition=Q(state="due")),
            models.Index(
                fields=["lease_until"], name="message_claimed", condition=Q(state="claimed")
            ),
            models.Index(fields=["about", "about_id"], name="message_about"),
            models.Index(fields=["client", "-created_at"], name="message_of_client"),
            models.Index(fields=["-created_at", "-id"], name="message_newest"),
            models.Index(
                fields=["-created_at", "-id"], name="message_failed", condition=Q(state="failed")
            ),
        ]
        constraints = [
            # Not `unique=True`, which makes a second index for searches by a part of the key.
            models.UniqueConstraint(fields=["dedupe_key"], name="message_once"),
            models.CheckConstraint(
                name="message_state_known",
                condition=Q(state__in=["due", "claimed", "sent", "dropped", "skipped", "failed"]),
            ),
            models.CheckConstraint(
                name="message_channel_known", condition=Q(channel__in=["email", "sms"])
            ),
            models.CheckConstraint(
                name="message_has_one_recipient",
                condition=Q(client__isnull=False, user__isnull=True)
                | Q(client__isnull=True, user__isnull=False),
            ),
            models.CheckConstraint(
                name="message_leased_only_while_claimed",
                condition=Q(state="claimed", lease_until__isnull=False, claim__isnull=False)
                | (~Q(state="claimed") & Q(lease_until__isnull=True, claim__isnull=True)),
            ),
            models.CheckConstraint(
                name="message_sent_whole",
                condition=(Q(state="sent", sent_at__isnull=False) & ~Q(address=""))
                | (~Q(state="sent") & Q(sent_at__isnull=True)),
            ),
            models.CheckConstraint(
                name="message_left_out_with_reason",
                condition=~Q(state__in=["dropped", "skipped"]) | ~Q(reason=""),
            ),
            models.CheckConstraint(
                name="message_failed_with_error", condition=~Q(state="failed") | ~Q(last_error="")
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.about} {self.about_id}: {self.state}"


class Heartbeat(models.Model):
    """When a part of the background work last did its round. One row per part."""

    name = models.CharField(_("name"), max_length=40, primary_key=True)
    at = models.DateTimeField(_("at"))

    class Meta:
        verbose_name = _("heartbeat")
        verbose_name_plural = _("heartbeats")

    def __str__(self) -> str:
        return f"{self.name}: {self.at:%Y-%m-%d %H:%M:%S}"
