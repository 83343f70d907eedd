"""Whose paper is entered, and which."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from clinic.forms.base import HouseForm
from clinic.models import CredentialType, Location
from clinic.selectors.paper_holders import Holder, fits, key_of


class WhoseForm(HouseForm):
    """A holder and a type of paper that fit together."""

    holder = forms.ChoiceField(
        label=_("Whose paper"),
        error_messages={
            "required": _("Choose whose paper it is."),
            "invalid_choice": _("Choose whose paper it is."),
        },
    )
    type = forms.ChoiceField(
        label=_("Which paper"),
        error_messages={
            "required": _("Choose which paper it is."),
            "invalid_choice": _("Choose which paper it is."),
        },
    )

    def __init__(
        self,
        *args: Any,
        holders: Sequence[Holder],
        types: Sequence[CredentialType],
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self._holders = {key_of(holder): holder for holder in holders}
        self._types = {type.slug: type for type in types}
        self.fields["holder"].choices = _holder_choices(holders)  # type: ignore[attr-defined]
        self.fields["type"].choices = [  # type: ignore[attr-defined]
            ("", _("Choose …")),
            *((type.slug, str(type)) for type in types),
        ]

    def clean(self) -> dict[str, Any]:
        """Refuse a location's paper for a practitioner, and the other way round."""
        cleaned = super().clean() or self.cleaned_data
        holder, type = self.chosen_holder(), self.chosen_type()
        if holder and type and not fits(type, holder):
            is_place = isinstance(holder, Location)
            words = (
                _("A location has no such paper: practitioners do.")
                if is_place
                else _("A practitioner has no such paper: locations do.")
            )
            self.add_error("type", words)
        return cleaned

    def chosen_holder(self) -> Holder | None:
        """Return the holder, if one was chosen."""
        return self._holders.get(self.cleaned_data.get("holder", ""))

    def chosen_type(self) -> CredentialType | None:
        """Return the type, if one was chosen."""
        return self._types.get(self.cleaned_data.get("type", ""))


def _holder_choices(holders: Sequence[Holder]) -> list[Any]:
    people = [(key_of(one), one.name) for one in holders if not isinstance(one, Location)]
    places = [(key_of(one), one.name) for one in holders if isinstance(one, Location)]
    groups = [(_("Practitioners"), people), (_("Locations"), places)]
    return [("", _("Choose …")), *(group for group in groups if group[1])]
