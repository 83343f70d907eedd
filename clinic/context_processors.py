"""What every page shows around its own content: names, navigation, locations."""

from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import Promise, cached_property
from django.utils.translation import gettext_lazy as _

from clinic.models import Location, User

PUBLIC = (("services", _("Treatments")), ("practitioners", _("Practitioners")))
DESK = (
    ("day", _("Day")),
    ("calendar", _("Calendar")),
    ("clients", _("Clients")),
    ("to-answer", _("To answer")),
    ("calls", _("Calls")),
    ("cover", _("Cover")),
)
MESSAGES = ("messages", _("Messages"))
HOURS = ("hours", _("Hours"))

COURSES = ("drifting", _("Courses"))
PAPERS = ("credentials", _("Papers"))
VERIFICATION = ("verification", _("Verification"))

TABS = {"drifting": ("repairs", "maintenance")}
"""Pages that are tabs of an entry, and so lie behind it."""


@dataclass(frozen=True, slots=True)
class NavItem:
    """One entry of a navigation, ready to show."""

    name: str
    label: str | Promise
    url: str
    is_current: bool


class House:
    """The clinic and the navigation for whoever looks at the page.

    Everything that costs a query is read only when a page shows it, so fragments and
    answers without a page around them cost nothing.
    """

    def __init__(self, request: HttpRequest) -> None:
        self._path = request.path
        self._user: User | AnonymousUser = getattr(request, "user", AnonymousUser())
        self.is_locked: bool = getattr(request, "is_locked", False)

    name: str = settings.CLINIC_NAME

    @property
    def is_signed_in(self) -> bool:
        return self._user.is_authenticated

    @property
    def is_staff(self) -> bool:
        return isinstance(self._user, User) and self._user.is_clinic_staff

    @property
    def home_url(self) -> str:
        return reverse("home")

    @property
    def book_url(self) -> str:
        """The page where a visit is booked; staff book from their day."""
        return "" if self.is_staff or self.is_locked else reverse("book")

    @property
    def idle_seconds(self) -> int:
        """After how long without a touch the page locks; 0 where it does not."""
        locks = self.is_staff and not self.is_locked
        return int(settings.IDLE_LOCK.total_seconds()) if locks else 0

    @property
    def devices_url(self) -> str:
        """The page of the clinic's devices, for those who enrol them."""
        manages = isinstance(self._user, User) and self._user.is_manager and not self.is_locked
        return reverse("devices") if manages else ""

    @property
    def logout_url(self) -> str:
        return reverse("account_logout")

    @cached_property
    def nav(self) -> list[NavItem]:
        """The entries for this visitor: public, client or staff; none while locked."""
        return (
            [] if self.is_locked else [self._item(name, label) for name, label in self._entries()]
        )

    @cached_property
    def footer(self) -> list[NavItem]:
        """The way to what a visitor comes back for."""
        entries = [("book", _("Book a visit")), ("me", _("My visits"))]
        if self.is_signed_in:
            entries.append(("account_email", _("Sign-in and passkeys")))
        return [self._item(name, label) for name, label in entries]

    @cached_property
    def locations(self) -> list[Location]:
        """Where the clinic works, by name."""
        return list(Location.objects.filter(is_active=True).order_by("name", "pk"))

    @property
    def demo_mailbox_url(self) -> str:
        """The page that shows mail in a local set-up; empty elsewhere."""
        return reverse("demo-mailbox") if settings.DEMO_MAILBOX else ""

    def _entries(self) -> list[tuple[str, str | Promise]]:
        if isinstance(self._user, User) and self._user.is_clinic_staff:
            admin = [("admin:index", _("Admin"))] if self._user.is_staff else []
            papers = [PAPERS] if self._user.is_practitioner else []
            verifying = [VERIFICATION] if self._user.is_verifier else []
            desk = DESK if self._user.is_desk else DESK[:3]
            sent = [MESSAGES] if self._user.is_desk else []
            return [*desk, COURSES, HOURS, *sent, *papers, *verifying, *admin]
        own = ("me", _("My visits")) if self.is_signed_in else ("account_login", _("Sign in"))
        return [*PUBLIC, own]

    def _item(self, name: str, label: str | Promise) -> NavItem:
        urls = [reverse(page) for page in (name, *TABS.get(name, ()))]
        return NavItem(name, label, urls[0], is_current=self._path.startswith(tuple(urls)))


def house(request: HttpRequest) -> dict[str, Any]:
    """Give every template the clinic's name, navigation and locations as `house`.

    Not `site`: views of django-allauth put another thing by that name into the context.
    """
    return {"house": House(request)}
