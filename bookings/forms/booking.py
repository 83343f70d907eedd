"""What a visitor chooses and says while booking. Forms validate; they decide nothing."""

import datetime as dt
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _
from phonenumber_field.formfields import PhoneNumberField

from clinic.forms.base import HouseForm
from clinic.models import Purpose
from clinic.selectors.reach import Channel, is_set_up

FURTHEST = timedelta(days=800)
"""Beyond any horizon a location can have: times past it are not times at all."""


class InstantField(forms.CharField):
    """An instant with its offset, such as 2027-06-07T15:00:00Z; nothing near year 1 or 9999."""

    def to_python(self, value: Any) -> datetime | None:  # type: ignore[override]
        text = super().to_python(value)
        if not text:
            return None
        try:
            # A plus sign that nobody escaped arrives as a space.
            at = datetime.fromisoformat(text.replace(" ", "+"))
        except ValueError as error:
            raise ValidationError(_("Choose one of the times shown."), code="invalid") from error
        if at.tzinfo is None or not 1971 < at.year < 9000:
            raise ValidationError(_("Choose one of the times shown."), code="invalid")
        return at.astimezone(UTC)


class ServiceForm(HouseForm):
    """What, and where."""

    service = forms.ChoiceField(
        label=_("What would you like to book?"),
        widget=forms.RadioSelect,
        error_messages={
            "required": _("Choose what you would like to book."),
            "invalid_choice": _("Choose one of the visits shown."),
        },
    )
    location = forms.ChoiceField(
        label=_("Where?"),
        widget=forms.RadioSelect,
        error_messages={
            "required": _("Choose where you would like to come."),
            "invalid_choice": _("Choose one of the places shown."),
        },
    )

    def __init__(
        self,
        *args: Any,
        services: Sequence[tuple[str, str]],
        locations: Sequence[tuple[str, str]],
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.fields["service"].choices = services  # type: ignore[attr-defined]
        self.fields["location"].choices = locations  # type: ignore[attr-defined]


class TimesQuery(forms.Form):
    """Where the reader stands among the dates. What can't be read counts as not asked."""

    date = forms.DateField(required=False)
    first = forms.DateField(required=False)
    near = InstantField(required=False)
    time = InstantField(required=False)

    def read_date(self, name: str, today: dt.date, horizon_days: int) -> dt.date | None:
        """Return a date of the query if it lies within the horizon."""
        value: dt.date | None = self._value(name)
        if value is None or not today <= value <= today + timedelta(days=horizon_days):
            return None
        return value

    def read_instant(self, name: str, now: datetime) -> datetime | None:
        """Return an instant of the query if it lies within reach."""
        value: datetime | None = self._value(name)
        return value if value is not None and abs(value - now) < FURTHEST else None

    def _value(self, name: str) -> Any:
        self.is_valid()
        return self.cleaned_data.get(name)


class TimeForm(HouseForm):
    """The chosen start."""

    time = InstantField(
        label=_("Time"),
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose a time.")},
    )

    def __init__(self, *args: Any, now: datetime, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._now = now

    def clean_time(self) -> datetime:
        at: datetime = self.cleaned_data["time"]
        if abs(at - self._now) >= FURTHEST:
            raise ValidationError(_("Choose one of the times shown."))
        return at


class DetailsForm(HouseForm):
    """Who comes. The e-mail of somebody who is signed in is fixed and not asked.

    Consent is asked of whoever is new; a client has a page for it.
    """

    name = forms.CharField(
        label=_("Your name"),
        max_length=120,
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
        error_messages={"required": _("Enter your name.")},
    )
    email = forms.EmailField(
        label=_("E-mail"),
        max_length=254,
        help_text=_("We send a six-digit code there. No password needed."),
        widget=forms.EmailInput(attrs={"autocomplete": "email", "spellcheck": "false"}),
        error_messages={
            "required": _("Enter your e-mail address."),
            "invalid": _("Enter an e-mail address such as name@example.com."),
        },
    )
    phone = PhoneNumberField(
        label=_("Phone"),
        help_text=_("In case we have to reach you on the day. With or without +1."),
        widget=forms.TextInput(attrs={"autocomplete": "tel", "inputmode": "tel", "type": "tel"}),
        error_messages={
            "required": _("Enter a phone number."),
            "invalid": _("Enter a phone number such as (212) 555-0100, or +44 20 7946 0000."),
        },
    )
    adult = forms.BooleanField(
        label=_("I am 18 or over"),
        help_text=_("We treat adults only."),
        error_messages={"required": _("Tick the box if you are 18 or over. We treat adults only.")},
    )
    texts = forms.BooleanField(
        label=_("Text me about my visits"),
        required=False,
        help_text=_(
            "Confirmations, changes and reminders, to the number above. Your network’s usual"
            " rates apply. Answer STOP to end them."
        ),
    )
    recall = forms.BooleanField(
        label=_("Write to me when a next visit would be due"),
        required=False,
        help_text=_("By e-mail, three times at most, and you can stop it at any time."),
    )

    def __init__(
        self, *args: Any, fixed_email: str = "", asks_consent: bool = True, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        if fixed_email:
            del self.fields["email"]
        if not asks_consent:
            del self.fields["texts"], self.fields["recall"]
        elif not is_set_up(Channel.SMS):
            del self.fields["texts"]

    def consents(self) -> dict[tuple[Purpose, Channel], bool]:
        """Return what was said yes to; a box left alone says nothing."""
        asked = {"texts": (Purpose.SERVICE, Channel.SMS), "recall": (Purpose.RECALL, Channel.EMAIL)}
        return {choice: True for name, choice in asked.items() if self.cleaned_data.get(name)}

    def clean_name(self) -> str:
        """Keep one space between names; a name is more than blanks."""
        return " ".join(self.cleaned_data["name"].split())


class CodeForm(HouseForm):
    """The six digits from the mail; spaces and dashes do no harm."""

    code = forms.CharField(
        label=_("Code"),
        max_length=20,
        help_text=_("Six digits. You can paste it."),
        widget=forms.TextInput(
            attrs={"autocomplete": "one-time-code", "inputmode": "numeric", "class": "w-code"}
        ),
        error_messages={"required": _("Enter the code from the mail.")},
    )

    def clean_code(self) -> str:
        digits = "".join(sign for sign in self.cleaned_data["code"] if sign not in " -\t")
        if not (digits.isascii() and digits.isdigit() and len(digits) == 6):
            raise ValidationError(_("The code has six digits. Look at the mail again."))
        return digits


class WishForm(HouseForm):
    """When a visit would suit better; reception reads it."""

    wish = forms.CharField(
        label=_("When would suit you?"),
        max_length=300,
        help_text=_("For instance: Thursday after 4pm, or any morning next week."),
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={
            "required": _("Tell us when would suit you."),
            "max_length": _("Please keep it to %(limit_value)d characters."),
        },
    )
