"""Papers that say who may treat, and every check of them."""

import uuid

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from clinic.domain.credentials import Result
from clinic.models.append_only import AppendOnly
from clinic.models.people import Practitioner
from clinic.models.places import Location
from clinic.models.services import Service

RESULT_LABELS = {
    Result.VERIFIED: _("Verified"),
    Result.MORE_ASKED: _("More asked for"),
    Result.REJECTED: _("Rejected"),
    Result.RENEWAL_PENDING: _("Renewal pending"),
    Result.SUSPENDED: _("Suspended"),
    Result.REVOKED: _("Revoked"),
}


class CredentialType(models.Model):
    """A kind of paper, in one jurisdiction: what it proves, who issues it, how long it counts.

    `jurisdiction` is a country or a part of it (ISO 3166 codes such as US or US-NY).
    """

    class Proves(models.TextChoices):
        LICENCE = "licence", _("licence or registration")
        CERTIFICATION = "certification", _("certification by a body")
        TRAINING = "training", _("facial-acupuncture training")
        SAFETY = "safety", _("clean-needle training")
        INSURANCE = "insurance", _("liability insurance")
        FIRST_AID = "first_aid", _("first aid")
        PERMIT = "permit", _("permit of the council")
        OTHER = "other", _("something else")

    class Holder(models.TextChoices):
        PRACTITIONER = "practitioner", _("a practitioner")
        LOCATION = "location", _("a location")

    slug = models.SlugField(_("slug"), unique=True)
    name = models.CharField(_("name"), max_length=120)
    proves = models.CharField(_("proves"), max_length=16, choices=Proves.choices)
    holder = models.CharField(
        _("held by"), max_length=12, choices=Holder.choices, default=Holder.PRACTITIONER
    )
    jurisdiction = models.CharField(
        _("jurisdiction"), max_length=10, help_text=_("Such as US, US-NY or GB.")
    )
    issuer = models.CharField(
        _("issuer"), max_length=160, blank=True, help_text=_("Empty where it differs by paper.")
    )
    issuer_former_names = models.CharField(_("former names"), max_length=200, blank=True)
    register_url = models.URLField(_("where to check"), max_length=300, blank=True)
    expires = models.BooleanField(_("expires"), default=True)
    renewal_months = models.PositiveSmallIntegerField(
        _("renewed every (months)"), null=True, blank=True, validators=[MinValueValidator(1)]
    )
    recheck_days = models.PositiveSmallIntegerField(
        _("checked again every (days)"),
        null=True,
        blank=True,
        validators=[MinValueValidator(1), MaxValueValidator(3650)],
        help_text=_("Empty: never. A check that is due changes nothing by itself."),
    )
    must_cover_cosmetic = models.BooleanField(
        _("must cover cosmetic facial work"),
        default=False,
        help_text=_("Counts only where the verifier has answered yes."),
    )
    asks_training = models.BooleanField(_("asks for provider and hours"), default=False)
    shows_number = models.BooleanField(_("number on the public page"), default=False)
    public_label = models.CharField(
        _("words on the public page"),
        max_length=80,
        blank=True,
        help_text=_("Such as “Additional training”. Empty: the name."),
    )
    book_past_expiry_days = models.PositiveSmallIntegerField(
        _("bookable past expiry (days)"),
        default=0,
        validators=[MaxValueValidator(366)],
        help_text=_(
            "Visits in these days are booked subject to renewal and can't be started before it."
        ),
    )
    position = models.PositiveSmallIntegerField(_("position in lists"), default=0)
    is_active = models.BooleanField(_("in use"), default=True)

    class Meta:
        verbose_name = _("type of paper")
        verbose_name_plural = _("types of papers")
        constraints = [
            models.CheckConstraint(
                name="credential_type_holder_known",
                condition=Q(holder__in=["practitioner", "location"]),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.jurisdiction})"

    @property
    def label(self) -> str:
        """The words for clients; no training makes anybody more than trained."""
        if not self.public_label and self.proves == self.Proves.TRAINING:
            return gettext("Additional training")
        return self.public_label or self.name


class CredentialRequirement(models.Model):
    """A service requires a type of paper, at one location or (none named) at all."""

    type = models.ForeignKey(
        CredentialType,
        on_delete=models.PROTECT,
        related_name="requirements",
        verbose_name=_("type of paper"),
    )
    service = models.ForeignKey(
        Service,
        on_delete=models.CASCADE,
        related_name="credential_requirements",
        verbose_name=_("service"),
    )
    location = models.ForeignKey(
        Location,
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="credential_requirements",
        verbose_name=_("location"),
        help_text=_("Empty: everywhere."),
    )

    class Meta:
        verbose_name = _("requirement")
        verbose_name_plural = _("requirements")
        constraints = [
            models.UniqueConstraint(
                fields=["type", "service", "location"],
                nulls_distinct=False,
                name="credential_requirement_once",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.service}: {self.type}"


class Credential(models.Model):
    """One paper of a practitioner or of a location, as it was handed in.

    Its standing is derived from its verifications and dates (clinic/domain/credentials.py).
    `expires_date` is the last valid local date, null for never. What a verifier has decided
    on can't be altered any more (trigger): a correction is a new paper. `revision` rises
    with every change, so that nobody decides on what they have not seen. A paper that was
    withdrawn before anybody decided counts for nothing and is not in the queue.
    """

    class Covers(models.TextChoices):
        YES = "yes", _("yes")
        NO = "no", _("no")
        UNKNOWN = "unknown", _("not known")

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    type = models.ForeignKey(
        CredentialType,
        on_delete=models.PROTECT,
        related_name="credentials",
        verbose_name=_("type of paper"),
    )
    practitioner = models.ForeignKey(
        Practitioner,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="credentials",
        verbose_name=_("practitioner"),
    )
    location = models.ForeignKey(
        Location,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="credentials",
        verbose_name=_("location"),
    )
    number = models.CharField(_("number"), max_length=60, blank=True)
    name_shown = models.CharField(_("name as shown on it"), max_length=120)
    issuer = models.CharField(_("issuer"), max_length=160)
    issued_date = models.DateField(_("valid from"), null=True, blank=True)
    expires_date = models.DateField(_("last valid day"), null=True, blank=True)
    training_provider = models.CharField(_("provider"), max_length=160, blank=True)
    training_hours = models.PositiveSmallIntegerField(_("hours"), null=True, blank=True)
    covers_cosmetic = models.CharField(
        _("covers cosmetic facial work"),
        max_length=8,
        choices=Covers.choices,
        default=Covers.UNKNOWN,
    )
    conditions = models.TextField(_("conditions on it"), max_length=2000, blank=True)
    revision = models.PositiveIntegerField(_("revision"), default=1)
    submitted_at = models.DateTimeField(_("handed in at"))
    submitted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        related_name="+",
        verbose_name=_("handed in by"),
    )
    withdrawn_at = models.DateTimeField(_("withdrawn at"), null=True, blank=True)

    class Meta:
        verbose_name = _("paper")
        verbose_name_plural = _("papers")
        indexes = [models.Index(fields=["expires_date"], name="credential_by_expiry")]
        constraints = [
            models.CheckConstraint(
                name="credential_has_one_holder",
                condition=Q(practitioner__isnull=False, location__isnull=True)
                | Q(practitioner__isnull=True, location__isnull=False),
            ),
            models.CheckConstraint(
                name="credential_dates_in_order",
                condition=Q(issued_date__isnull=True)
                | Q(expires_date__isnull=True)
                | Q(expires_date__gte=F("issued_date")),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.holder_name}: {self.type.name}"

    @property
    def holder_name(self) -> str:
        """Whose paper it is. Needs the holder loaded."""
        holder = self.practitioner or self.location
        return holder.name if holder else ""


class CredentialDocument(AppendOnly):
    """A document handed in with a paper, or a verifier's evidence, as clean pages on disk.

    `name` is the random name of its folder in the documents store; `sha256` is the hash
    of what is kept, `original_sha256` that of what came in.
    """

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    credential = models.ForeignKey(
        Credential, on_delete=models.PROTECT, related_name="documents", verbose_name=_("paper")
    )
    name = models.CharField(_("stored as"), max_length=64, unique=True)
    kind = models.CharField(_("kind"), max_length=8)
    pages = models.PositiveSmallIntegerField(_("pages"))
    bytes = models.PositiveIntegerField(_("bytes"))
    sha256 = models.CharField(_("SHA-256"), max_length=64)
    original_sha256 = models.CharField(_("SHA-256 as handed in"), max_length=64)
    original_name = models.CharField(_("file"), max_length=120)
    is_evidence = models.BooleanField(_("verifier's evidence"), default=False)
    uploaded_at = models.DateTimeField(_("at"))
    uploaded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        related_name="+",
        verbose_name=_("by"),
    )

    class Meta:
        verbose_name = _("document")
        verbose_name_plural = _("documents")

    def __str__(self) -> str:
        return self.original_name


class Verification(AppendOnly):
    """One check of a paper, appended and never altered (trigger and role).

    The database refuses a check by the practitioner whose paper it is, and one without
    a reason or evidence where the result asks for it.
    """

    class Method(models.TextChoices):
        REGISTER = "register", _("register of the issuer")
        EMAIL = "email", _("e-mail to the issuer")
        PHONE = "phone", _("phone call with the issuer")
        BADGE = "badge", _("badge link of the issuer")

    credential = models.ForeignKey(
        Credential, on_delete=models.PROTECT, related_name="checks", verbose_name=_("paper")
    )
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", verbose_name=_("by")
    )
    at = models.DateTimeField(_("at"))
    result = models.CharField(
        _("result"), max_length=16, choices=[(r.value, RESULT_LABELS[r]) for r in Result]
    )
    method = models.CharField(_("checked with"), max_length=10, choices=Method.choices, blank=True)
    evidence = models.CharField(
        _("evidence"),
        max_length=500,
        blank=True,
        help_text=_("What the issuer said: an address, a reference, who answered."),
    )
    reason = models.CharField(
        _("reason"),
        max_length=500,
        blank=True,
        help_text=_("The practitioner reads this."),
    )
    note = models.TextField(
        _("note"), max_length=2000, blank=True, help_text=_("For verifiers only.")
    )
    covers_cosmetic = models.BooleanField(_("covers cosmetic facial work"), default=False)
    next_check_date = models.DateField(_("check again on"), null=True, blank=True)
    revision = models.PositiveIntegerField(_("revision looked at"))

    class Meta:
        verbose_name = _("verification")
        verbose_name_plural = _("verifications")
        indexes = [models.Index(fields=["credential", "id"], name="verification_of_credential")]
        constraints = [
            models.CheckConstraint(
                name="verification_result_known",
                condition=Q(result__in=[r.value for r in Result]),
            ),
            models.CheckConstraint(
                name="verification_with_method_and_evidence",
                condition=~Q(result__in=["verified", "renewal_pending"])
                | (~Q(method="") & ~Q(evidence="")),
            ),
            models.CheckConstraint(
                name="verification_no_with_reason",
                condition=Q(result__in=["verified", "renewal_pending"]) | ~Q(reason=""),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_result_display()}, {self.at:%Y-%m-%d}"


class VerificationBar(AppendOnly):
    """A service that a condition of the paper bars, as a verifier found."""

    verification = models.ForeignKey(
        Verification,
        on_delete=models.PROTECT,
        related_name="bars",
        verbose_name=_("verification"),
    )
    service = models.ForeignKey(
        Service, on_delete=models.PROTECT, related_name="+", verbose_name=_("service")
    )

    class Meta:
        verbose_name = _("barred service")
        verbose_name_plural = _("barred services")
        constraints = [
            models.UniqueConstraint(
                fields=["verification", "service"], name="verification_bars_service_once"
            )
        ]

    def __str__(self) -> str:
        return str(self.service)


class ExpiryAlert(models.Model):
    """A paper's expiry came within so many days; the practitioner and managers are told.

    The database holds: once a paper and number of days. The message system sends it;
    dashboards show it until the paper is renewed.
    """

    credential = models.ForeignKey(
        Credential, on_delete=models.PROTECT, related_name="alerts", verbose_name=_("paper")
    )
    days_before = models.PositiveSmallIntegerField(_("days before"))
    raised_at = models.DateTimeField(_("raised at"))

    class Meta:
        verbose_name = _("expiry alert")
        verbose_name_plural = _("expiry alerts")
        constraints = [
            models.UniqueConstraint(
                fields=["credential", "days_before"], name="expiry_alert_once_a_step"
            )
        ]

    def __str__(self) -> str:
        return f"{self.credential_id}: {self.days_before}"
