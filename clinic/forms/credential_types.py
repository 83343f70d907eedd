"""Validation of types of papers, of what requires them, and of adding the usual ones."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from clinic.domain.usual_types import USUAL_TYPES
from clinic.models import CredentialRequirement, CredentialType

COUNTRY_NAMES = {"US": _("United States"), "GB": _("United Kingdom")}


class CredentialTypeForm(forms.ModelForm):
    """A type of paper, whose answers fit together. The admin's page names the fields."""

    class Meta:
        model = CredentialType
        fields: tuple[str, ...] = ()

    def clean_jurisdiction(self) -> str:
        """Store codes in capitals."""
        return str(self.cleaned_data["jurisdiction"]).strip().upper()

    def clean(self) -> dict[str, Any]:
        """Refuse a renewal or an expiry of what never expires."""
        cleaned = super().clean() or self.cleaned_data
        if not cleaned.get("expires", self.instance.expires):
            for name in ("renewal_months", "book_past_expiry_days"):
                if cleaned.get(name):
                    self.add_error(name, _("This paper does not expire: leave this out."))
        return cleaned


class RequirementForm(forms.ModelForm):
    """A service requires a type of paper."""

    class Meta:
        model = CredentialRequirement
        fields = ("type", "service", "location")


class RequirementFormSet(forms.models.BaseInlineFormSet):
    """The requirements of a service, a location or a type, each of them once."""

    def clean(self) -> None:
        """Refuse a requirement that holds everywhere and at one location besides."""
        super().clean()
        rows = [form for form in self.forms if _stays(self, form)]
        everywhere = {_pair(form) for form in rows if _location(form) is None}
        for form in rows:
            if _location(form) is not None and _pair(form) in everywhere:
                form.add_error(None, _("This is required everywhere already, in another row."))


class UsualTypesForm(forms.Form):
    """The countries whose usual types are added."""

    countries = forms.MultipleChoiceField(
        label=_("Countries"),
        choices=[(code, COUNTRY_NAMES[code]) for code in USUAL_TYPES],
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": _("Choose a country.")},
    )


def _stays(formset: Any, form: Any) -> bool:
    is_there = form.instance.pk or form.has_changed()
    return bool(is_there) and not form.errors and not formset._should_delete_form(form)


def _pair(form: Any) -> tuple[Any, Any]:
    return form.instance.type_id, form.instance.service_id


def _location(form: Any) -> Any:
    return form.instance.location_id
