"""What the desk asks the log of messages, and says about calls. Forms validate; services decide."""

from typing import Any

from django import forms
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from clinic.forms.base import HouseForm
from clinic.models import CallEntry
from clinic.selectors.messages import FAILED, LEFT_OUT, SENT, WAITING

GROUP_LABELS: tuple[tuple[str, str | Promise], ...] = (
    ("", _("All")),
    (WAITING, _("Waiting")),
    (SENT, _("Sent")),
    (FAILED, _("Failed")),
    (LEFT_OUT, _("Left out")),
)
AGAIN, GIVE_UP = "again", "give-up"


class LogForm(HouseForm):
    """Which messages to list; `kinds` are those that this release knows, with their labels."""

    q = forms.CharField(
        label=_("Client"),
        max_length=120,
        required=False,
        widget=forms.TextInput(attrs={"type": "search", "autocomplete": "off"}),
    )
    show = forms.ChoiceField(
        label=_("State"),
        choices=GROUP_LABELS,
        required=False,
        error_messages={"invalid_choice": _("Choose one of the states shown.")},
    )
    kind = forms.ChoiceField(
        label=_("About"),
        required=False,
        error_messages={"invalid_choice": _("Choose one of the kinds shown.")},
    )
    client = forms.UUIDField(required=False, widget=forms.HiddenInput())

    def __init__(self, *args: Any, kinds: list[tuple[str, str | Promise]], **more: Any) -> None:
        super().__init__(*args, **more)
        self.fields["kind"].choices = [("", _("Everything")), *kinds]  # type: ignore[attr-defined]


class ActForm(forms.Form):
    """What becomes of a failed message."""

    do = forms.ChoiceField(choices=[(name, name) for name in (AGAIN, GIVE_UP)])


class SpokenForm(HouseForm):
    """The tick "spoken to", with a few words if they help the next person."""

    call = forms.UUIDField(widget=forms.HiddenInput())
    note = forms.CharField(
        label=_("Note"),
        max_length=CallEntry._meta.get_field("note").max_length,
        required=False,
        error_messages={"max_length": _("Keep the note below %(limit_value)d letters.")},
    )
