"""Logins and API tokens."""

from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.db import models
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _


class UserManager(BaseUserManager["User"]):
    """Makes logins; an e-mail is stored in lower case, so that one mailbox is one login."""

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> "User":
        """Create a login; without a password it can be entered by mailed code only."""
        user = self.model(email=email.strip().lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> "User":
        """Create a manager who may do everything in the admin."""
        return self.create_user(email, password, is_manager=True, is_superuser=True, **fields)

    def get_by_natural_key(self, username: str | None) -> "User":
        return self.get(email=(username or "").strip().lower())


class User(AbstractBaseUser, PermissionsMixin):
    """One login. Roles say what it may do; a client or practitioner profile hangs on it.

    The database holds: one login per e-mail, whatever its case.
    """

    email = models.EmailField(_("e-mail"), max_length=254, unique=True)
    name = models.CharField(_("name"), max_length=120, blank=True)
    is_active = models.BooleanField(_("active"), default=True)
    is_manager = models.BooleanField(_("manager"), default=False)
    is_reception = models.BooleanField(_("reception"), default=False)
    is_practitioner = models.BooleanField(_("practitioner"), default=False)
    may_verify = models.BooleanField(
        _("may verify papers"),
        default=False,
        help_text=_("Managers may anyway. Nobody verifies the own papers."),
    )
    date_joined = models.DateTimeField(_("joined"), auto_now_add=True)

    objects: ClassVar[UserManager] = UserManager()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    class Meta:
        verbose_name = _("user")
        verbose_name_plural = _("users")
        constraints = [models.UniqueConstraint(Lower("email"), name="user_email_once")]

    def __str__(self) -> str:
        return self.email

    def clean(self) -> None:
        super().clean()
        self.email = self.email.strip().lower()

    @property
    def is_clinic_staff(self) -> bool:
        """Whether this login works at the clinic, in any role."""
        return self.is_manager or self.is_reception or self.is_practitioner

    @property
    def is_desk(self) -> bool:
        """Whether this login runs the front desk: reception, or a manager."""
        return self.is_manager or self.is_reception

    @property
    def is_verifier(self) -> bool:
        """Whether this login verifies papers (never the own ones): managers, and named staff."""
        return self.is_manager or (self.may_verify and self.is_clinic_staff)

    @property
    def is_staff(self) -> bool:
        """Whether Django's admin lets this login in: managers only."""
        return self.is_manager or self.is_superuser

    def get_full_name(self) -> str:
        return self.name or self.email

    def get_short_name(self) -> str:
        return self.name.split(" ")[0] if self.name else self.email


class ApiToken(models.Model):
    """A bearer token of the API, stored only as its SHA-256 hash.

    It opens nothing from `expires_at` on. `last_used_date` is a date of UTC: enough to tell
    which one nobody needs any more, and one write a day.
    """

    user = models.ForeignKey(
        User, on_delete=models.CASCADE, related_name="api_tokens", verbose_name=_("user")
    )
    token_hash = models.CharField(_("token hash"), max_length=64, unique=True)
    created_at = models.DateTimeField(_("created at"))
    expires_at = models.DateTimeField(_("valid until"))
    last_used_date = models.DateField(_("last used on"), null=True, blank=True)

    class Meta:
        verbose_name = _("API token")
        verbose_name_plural = _("API tokens")

    def __str__(self) -> str:
        return f"token {self.pk}"
