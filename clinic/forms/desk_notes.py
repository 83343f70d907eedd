"""A note about a client for the front desk."""

from uuid import uuid4

from django import forms
from django.utils.translation import gettext_lazy as _

from clinic.forms.base import HouseForm
from clinic.models import DeskNote

LONGEST = DeskNote._meta.get_field("text").max_length


class DeskNoteForm(HouseForm):
    """The words; `note_id` makes a form that is sent twice one note."""

    text = forms.CharField(
        label=_("New note"),
        max_length=LONGEST,
        help_text=_("For everybody at the desk. Nothing about health, please."),
        widget=forms.Textarea(attrs={"rows": 2, "autocomplete": "off"}),
        error_messages={
            "required": _("Write the note."),
            "max_length": _("Keep the note to %(limit_value)d characters."),
        },
    )
    note_id = forms.UUIDField(widget=forms.HiddenInput, initial=uuid4)

    def clean_text(self) -> str:
        """Make one line of it."""
        return " ".join(self.cleaned_data["text"].split())
