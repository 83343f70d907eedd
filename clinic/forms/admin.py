"""Validation of what managers set up: each rule with words that say what to do."""

from collections.abc import Iterable, Iterator
from datetime import date
from typing import Any

import holidays
from django import forms
from django.forms.models import BaseInlineFormSet
from django.utils.translation import gettext_lazy as _

from clinic.domain.segments import Problem, SegmentPlan, problems
from clinic.models import (
    Client,
    Location,
    Practitioner,
    Segment,
    User,
)
from clinic.selectors.rosters import longest_working_minutes

PROBLEM_WORDS = {
    Problem.EMPTY: _("A service needs at least one segment."),
    Problem.OFF_GRID: _("Every segment's minutes are a multiple of 5: 5, 10, 15 and so on."),
    Problem.CLIENT_NOT_FIRST: _("The client is there from the first segment on. Tick “client”."),
    Problem.CLIENT_LEAVES_AND_RETURNS: _(
        "The client can't leave and come back: the segments that hold the client are in one piece."
    ),
    Problem.CLIENT_WITHOUT_ROOM: _("Whenever the client is there, a room is held. Tick “room”."),
    Problem.NO_HANDS: _("At least one segment holds the practitioner."),
    Problem.HANDS_AFTER_CLIENT: _(
        "Once the client has left, only the room is held. Untick “practitioner” there."
    ),
    Problem.LONGER_THAN_A_DAY: _(
        "This is longer than the longest stretch that anybody works, so nobody could book it."
    ),
}

LONGEST_HOLD_MINUTES = 120
FIRST_YEAR, LAST_YEAR = 2000, 2100
MOST_ROWS = 60


class LocationForm(forms.ModelForm):
    """A location; its holidays are ones that we can look up, its policies ones that work."""

    class Meta:
        model = Location
        exclude: tuple[str, ...] = ()

    def clean_hold_minutes(self) -> int:
        """Keep a hold short, since it keeps others out."""
        minutes: int = self.cleaned_data["hold_minutes"]
        if minutes > LONGEST_HOLD_MINUTES:
            raise forms.ValidationError(
                _("A hold keeps others out, so it lasts at most %(most)s minutes."),
                params={"most": LONGEST_HOLD_MINUTES},
            )
        return minutes

    def clean(self) -> dict[str, Any]:
        """Check what two fields say together."""
        cleaned = super().clean() or self.cleaned_data
        notice, horizon = cleaned.get("minimum_notice_minutes"), cleaned.get("horizon_days")
        if notice is not None and horizon is not None and notice >= horizon * 24 * 60:
            self.add_error(
                "minimum_notice_minutes",
                _("The notice must be shorter than the days that can be booked ahead."),
            )
        self._check_holidays(cleaned)
        return cleaned

    def _check_holidays(self, cleaned: dict[str, Any]) -> None:
        country = (cleaned.get("holiday_country") or "").upper()
        region = (cleaned.get("holiday_subdivision") or "").upper()
        known = holidays.list_supported_countries()
        if not country:
            return
        cleaned["holiday_country"], cleaned["holiday_subdivision"] = country, region
        if country not in known:
            self.add_error(
                "holiday_country",
                _("We know no public holidays of “%(code)s”. Use two letters such as US.")
                % {"code": country},
            )
        elif region and region not in known[country]:
            self.add_error(
                "holiday_subdivision",
                _("“%(code)s” is no state or region of %(country)s that we know holidays of.")
                % {"code": region, "country": country},
            )


class ServiceForm(forms.ModelForm):
    """A service; its currency is a three-letter code."""

    def clean_price_currency(self) -> str:
        """Take three letters, in whatever case."""
        code: str = self.cleaned_data["price_currency"].strip().upper()
        if len(code) != 3 or not (code.isascii() and code.isalpha()):
            raise forms.ValidationError(_("Use the three letters of a currency, such as USD."))
        return code


class PractitionerForm(forms.ModelForm):
    """A practitioner; languages are typed in a row, with commas."""

    class Meta:
        model = Practitioner
        exclude: tuple[str, ...] = ()
        help_texts = {"languages": _("With commas: English, Spanish")}


class ClientAdminForm(forms.ModelForm):
    """A client with the marks."""

    class Meta:
        model = Client
        exclude: tuple[str, ...] = ()

    def clean_name(self) -> str:
        """Keep one space between names."""
        return " ".join(self.cleaned_data["name"].split())

    def clean_no_needling_before(self) -> date | None:
        """Take dates of this century only."""
        day: date | None = self.cleaned_data["no_needling_before"]
        if day is not None and not FIRST_YEAR <= day.year <= LAST_YEAR:
            raise forms.ValidationError(_("Enter a date between 2000 and 2100."))
        return day


class SegmentForm(forms.ModelForm):
    """One segment; without a position it goes to the end."""

    position = forms.IntegerField(
        label=_("position"),
        required=False,
        min_value=0,
        max_value=1000,
        widget=forms.NumberInput(attrs={"class": "vSmallField"}),
    )

    class Meta:
        model = Segment
        fields = (
            "position",
            "kind",
            "minutes",
            "holds_practitioner",
            "holds_client",
            "holds_room",
        )

    def clean(self) -> dict[str, Any]:
        """Refuse a segment that holds nothing."""
        cleaned = super().clean() or self.cleaned_data
        names = ("holds_practitioner", "holds_client", "holds_room")
        if not any(cleaned.get(name) for name in names):
            self.add_error("holds_room", _("A segment holds somebody or the room."))
        return cleaned

    def _get_validation_exclusions(self) -> set[str]:
        # The formset numbers the rows; one by one they may seem to clash meanwhile.
        excluded: set[str] = super()._get_validation_exclusions()  # type: ignore[misc]
        return excluded | {"position"}

    def plan(self) -> SegmentPlan | None:
        """Return the segment as a value of the domain, or None while it is not whole."""
        cleaned = getattr(self, "cleaned_data", {})
        if self.errors or not cleaned.get("minutes"):
            return None
        return SegmentPlan(
            kind=cleaned["kind"],
            minutes=cleaned["minutes"],
            holds_practitioner=cleaned["holds_practitioner"],
            holds_client=cleaned["holds_client"],
            holds_room=cleaned["holds_room"],
        )


class SegmentFormSet(BaseInlineFormSet):
    """The segments of a service, which together have to be a visit."""

    def clean(self) -> None:
        """Number the rows, and say what keeps them from being a visit."""
        super().clean()
        rows = in_order(live_forms(self))
        for number, form in enumerate(rows, start=1):
            form.instance.position = number
        if any(form.errors for form in self.forms):
            return
        plans = [plan for form in rows if (plan := form.plan())]
        found = problems(plans, longest_working_minutes())
        if found:
            raise forms.ValidationError([PROBLEM_WORDS[problem] for problem in found])

    def save(self, commit: bool = True) -> Any:
        """Save, with the numbers of rows that only moved."""
        saved = super().save(commit=commit)
        if commit:
            for form in live_forms(self):
                if form.instance.pk:
                    Segment.objects.filter(pk=form.instance.pk).update(
                        position=form.instance.position
                    )
        return saved


class UserForm(forms.ModelForm):
    """A login and its roles. Managers set no passwords: people sign in by a mailed code."""

    class Meta:
        model = User
        fields = (
            "email",
            "name",
            "is_active",
            "is_manager",
            "is_reception",
            "is_practitioner",
            "may_verify",
        )

    signed_in: User | None = None

    def clean_email(self) -> str:
        """Store an address in lower case, so that one mailbox is one login."""
        return str(self.cleaned_data["email"]).strip().lower()

    def clean(self) -> dict[str, Any]:
        """Keep managers from locking themselves out."""
        cleaned = super().clean() or self.cleaned_data
        if self.signed_in is not None and self.instance.pk == self.signed_in.pk:
            for name in ("is_active", "is_manager"):
                if name in self.fields and not cleaned.get(name) and getattr(self.signed_in, name):
                    self.add_error(name, _("You can't take this from yourself. Ask a colleague."))
        self._check_verifier(cleaned)
        return cleaned

    def _check_verifier(self, cleaned: dict[str, Any]) -> None:
        roles = ("is_manager", "is_reception", "is_practitioner")
        if cleaned.get("may_verify") and not any(cleaned.get(name) for name in roles):
            self.add_error("may_verify", _("Only somebody with a role here can verify papers."))


def live_forms(formset: Any) -> list[Any]:
    """Return the forms of rows that stay: not empty, not marked for deletion."""
    return [
        form
        for form in formset.forms
        if (form.instance.pk or form.has_changed()) and not formset._should_delete_form(form)
    ]


def in_order(rows: Iterable[Any]) -> list[Any]:
    """Return segment rows by their typed position; those without one come last."""

    def position(form: Any) -> tuple[bool, int]:
        typed = getattr(form, "cleaned_data", {}).get("position")
        return typed is None, typed or 0

    return sorted(rows, key=position)


def rows_of_preview(data: Any, prefix: str) -> Iterator[SegmentForm]:
    """Yield the rows that a page in the making has, without those marked for deletion."""
    for number in range(MOST_ROWS):
        name = f"{prefix}-{number}"
        if f"{name}-minutes" in data and not data.get(f"{name}-DELETE"):
            yield SegmentForm(data, prefix=name)
