"""How people may be reached: consent, addresses that are dead, and whom to call."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from clinic.models.append_only import AppendOnly
from clinic.models.messages import Message
from clinic.models.people import Client, Practitioner
from clinic.models.places import Location


class Purpose(models.TextChoices):
    """What a message is for; consent is asked for each by itself."""

    SERVICE = "service", _("Visits: confirmations, changes and reminders")
    RECALL = "recall", _("Maintenance: when the next visit would be due")


class Consent(AppendOnly):
    """One yes or no of a client, to one purpose by one channel. The newest row counts.

    Without any row: service messages by e-mail are taken as wanted, since the client gave the
    address for them; text messages and recalls are not (`clinic/selectors/reach.py`).
    """

    class Source(models.TextChoices):
        BOOKING = "booking", _("While booking")
        PREFERENCES = "preferences", _("On the page of preferences")
        LINK = "link", _("By a link in a message")
        WORD = "word", _("By answering a text message")
        PROVIDER = "provider", _("Told by the mail provider")
        DESK = "desk", _("Told to reception")
        MERGE = "merge", _("When two records were merged")

    client = models.ForeignKey(
        Client, on_delete=models.PROTECT, related_name="consents", verbose_name=_("client")
    )
    purpose = models.CharField(_("purpose"), max_length=8, choices=Purpose.choices)
    channel = models.CharField(_("channel"), max_length=8, choices=Message.Channel.choices)
    given = models.BooleanField(_("given"))
    source = models.CharField(_("how"), max_length=12, choices=Source.choices)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("by"),
    )
    at = models.DateTimeField(_("at"))

    class Meta:
        verbose_name = _("consent")
        verbose_name_plural = _("consents")
        indexes = [
            models.Index(fields=["client", "purpose", "channel", "-id"], name="consent_newest")
        ]
        constraints = [
            models.CheckConstraint(
                name="consent_purpose_known", condition=Q(purpose__in=Purpose.values)
            ),
            models.CheckConstraint(
                name="consent_channel_known", condition=Q(channel__in=Message.Channel.values)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.client_id} {self.purpose} {self.channel}: {self.given}"


class DeadAddress(models.Model):
    """An e-mail address (in small letters) or number (E.164) that gave messages back.

    The database holds: one open row an address. Nothing is sent to it until somebody at the
    desk has cleared it, or the client has another one.
    """

    channel = models.CharField(_("channel"), max_length=8, choices=Message.Channel.choices)
    address = models.CharField(_("address"), max_length=254)
    reason = models.CharField(_("reason"), max_length=200)
    at = models.DateTimeField(_("at"))
    cleared_at = models.DateTimeField(_("cleared at"), null=True, blank=True)
    cleared_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("cleared by"),
    )

    class Meta:
        verbose_name = _("dead address")
        verbose_name_plural = _("dead addresses")
        constraints = [
            models.UniqueConstraint(
                fields=["channel", "address"],
                name="dead_address_once_open",
                condition=Q(cleared_at=None),
            ),
        ]

    def __str__(self) -> str:
        return self.address


class CallEntry(models.Model):
    """Somebody whom reception calls: a message alone would not do, or can't be sent.

    The database holds: one row per `dedupe_key`. `call_by` is when the call is of no use any
    more (the start of the visit); `settled_at` is the tick "spoken to", or the moment at which
    it stopped being true (then `settled_by` is empty and `note` says why).
    """

    class Reason(models.TextChoices):
        CHANGED_SOON = "changed_soon", _("The clinic changed a visit that is soon")
        NO_ADDRESS = "no_address", _("No address to write to")
        UNDELIVERED = "undelivered", _("A message could not be delivered")
        REPAIR = "repair", _("New dates wait for an answer")
        OVERDUE = "overdue", _("No next visit is booked")
        COVER = "cover", _("A visit can't be treated as it is booked")
        OFFERED = "offered", _("An offered time waits for an answer")
        UNANSWERED = "unanswered", _("An offered time was not taken")

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    dedupe_key = models.CharField(_("key"), max_length=120, unique=True)
    client = models.ForeignKey(
        Client, on_delete=models.PROTECT, related_name="calls", verbose_name=_("client")
    )
    location = models.ForeignKey(
        Location, on_delete=models.PROTECT, related_name="+", verbose_name=_("location")
    )
    reason = models.CharField(_("reason"), max_length=12, choices=Reason.choices)
    about = models.CharField(_("about"), max_length=20)
    about_id = models.BigIntegerField(_("number of what it is about"))
    about_version = models.PositiveIntegerField(_("version"), default=0)
    created_at = models.DateTimeField(_("written at"))
    call_by = models.DateTimeField(_("call by"), null=True, blank=True)
    settled_at = models.DateTimeField(_("settled at"), null=True, blank=True)
    settled_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("spoken to by"),
    )
    note = models.CharField(_("note"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("call")
        verbose_name_plural = _("calls")
        indexes = [
            models.Index(
                fields=["created_at"], name="call_open", condition=Q(settled_at__isnull=True)
            ),
            models.Index(fields=["about", "about_id"], name="call_about"),
        ]
        constraints = [
            models.CheckConstraint(
                name="call_settled_whole",
                condition=Q(settled_by__isnull=True) | Q(settled_at__isnull=False),
            )
        ]

    def __str__(self) -> str:
        return f"{self.client_id}: {self.reason}"


class CalendarFeed(models.Model):
    """A private calendar address of a client or of a practitioner.

    The secret in the address is made from `nonce` and the key of the site, so a copy of the
    database opens no feed; a new nonce makes the old address worthless.
    """

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    client = models.OneToOneField(
        Client,
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="feed",
        verbose_name=_("client"),
    )
    practitioner = models.OneToOneField(
        Practitioner,
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="feed",
        verbose_name=_("practitioner"),
    )
    nonce = models.UUIDField(_("nonce"), default=uuid.uuid4)
    renewed_at = models.DateTimeField(_("address made at"))

    class Meta:
        verbose_name = _("calendar feed")
        verbose_name_plural = _("calendar feeds")
        constraints = [
            models.CheckConstraint(
                name="feed_has_one_owner",
                condition=Q(client__isnull=False, practitioner__isnull=True)
                | Q(client__isnull=True, practitioner__isnull=False),
            )
        ]

    def __str__(self) -> str:
        return str(self.public_id)
