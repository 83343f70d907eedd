"""Validation of protocols and their phases: each rule with words that say what to do."""

from collections import Counter
from itertools import pairwise
from typing import Any

from django import forms
from django.forms.models import BaseInlineFormSet
from django.utils.translation import gettext_lazy as _

from clinic.forms.admin import live_forms
from clinic.models import Service
from treatments.models import Protocol, ProtocolPhase

DAYS = ("floor_days", "min_days", "target_days", "max_days", "ceiling_days")
NOT_BELOW = {
    "min_days": _("The recommended window begins at or after the shortest gap."),
    "target_days": _("Aim at a day inside the recommended window."),
    "max_days": _("The recommended window ends at or after what is aimed at."),
    "ceiling_days": _("The longest gap is at least as long as the recommended window."),
}


class ProtocolForm(forms.ModelForm):
    """A protocol; while it is offered, its services are."""

    class Meta:
        model = Protocol
        exclude: tuple[str, ...] = ()
        help_texts = {
            "sessions": _("Usually 10 to 12. Courses that run keep the number they began with."),
        }

    def clean(self) -> dict[str, Any]:
        """Refuse services that are switched off."""
        cleaned = super().clean() or self.cleaned_data
        names = ("first_service", "follow_up_service", "maintenance_service")
        for name in names if cleaned.get("is_active") else ():
            service: Service | None = cleaned.get(name)
            if service is not None and not service.is_active:
                words = _("“%(name)s” is switched off. Choose a service that is offered.")
                self.add_error(name, words % {"name": service.name})
        return cleaned


class PhaseForm(forms.ModelForm):
    """The figures of some gaps, in days that do not go back."""

    class Meta:
        model = ProtocolPhase
        fields = ("from_gap", *DAYS)

    def clean(self) -> dict[str, Any]:
        """Check the order of the days, each against the one before."""
        cleaned = super().clean() or self.cleaned_data
        for earlier, later in pairwise(DAYS):
            days, more = cleaned.get(earlier), cleaned.get(later)
            if days is not None and more is not None and more < days:
                self.add_error(later, NOT_BELOW[later])
        return cleaned

    def has_changed(self) -> bool:
        """Take a new row as it stands: the usual figures are what most want."""
        return self.instance.pk is None or super().has_changed()

    def _get_validation_exclusions(self) -> set[str]:
        # The formset says it in words that help, for all rows together.
        excluded: set[str] = super()._get_validation_exclusions()  # type: ignore[misc]
        return excluded | {"protocol"}


class PhaseFormSet(BaseInlineFormSet):
    """The phases of a protocol, which together say something about every gap."""

    def clean(self) -> None:
        """Begin at gap 1, begin at a gap once, and only at gaps that there are."""
        super().clean()
        rows = [form for form in live_forms(self) if not form.errors]
        if any(form.errors for form in self.forms):
            return
        begins = Counter(form.cleaned_data["from_gap"] for form in rows)
        gaps = (self.instance.sessions or 1) - 1
        if gaps and 1 not in begins:
            raise forms.ValidationError(_("The first phase begins at gap 1."))
        for form in rows:
            from_gap = form.cleaned_data["from_gap"]
            if begins[from_gap] > 1:
                form.add_error("from_gap", _("Another row begins at this gap too."))
            elif from_gap > max(gaps, 1):
                words = _("With %(sessions)s sessions the last gap is number %(gaps)s.")
                params = {"sessions": self.instance.sessions, "gaps": gaps}
                form.add_error("from_gap", words % params)

    def validate_unique(self) -> None:
        """Leave it to `clean`, whose words stand at the row."""
