"""What stands on a paper, as its holder, a manager or a verifier types it in."""

from datetime import date
from typing import Any

from django import forms
from django.core.files.base import File
from django.utils.translation import gettext_lazy as _

from clinic.documents.storage import cleaned_name
from clinic.forms.base import HouseForm
from clinic.forms.documents import DocumentsField
from clinic.models import Credential, CredentialType
from clinic.services.papers import PaperFacts

FIRST_YEAR, LAST_YEAR = 1940, 2150
MOST_HOURS = 5_000
A_DATE = _("Enter a date, such as 2027-06-30.")
STAYS_IN_A_RENEWAL = ("name_shown", "number", "issuer", "training_provider")


class PaperDate(forms.DateField):
    """A calendar date on a paper."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            input_formats=["%Y-%m-%d"],
            widget=forms.DateInput(attrs={"type": "date", "class": "w-half"}, format="%Y-%m-%d"),
            **kwargs,
        )
        self.error_messages["invalid"] = A_DATE

    def clean(self, value: Any) -> date | None:
        """Take dates that can stand on a paper."""
        answer: date | None = super().clean(value)
        if answer is not None and not FIRST_YEAR <= answer.year <= LAST_YEAR:
            raise forms.ValidationError(A_DATE)
        return answer


class DocumentsForm(HouseForm):
    """Documents to add to a paper."""

    documents = DocumentsField(
        label=_("Documents"),
        error_messages={"required": _("Choose at least one PDF, JPEG or PNG.")},
    )

    def uploads(self) -> "list[File[bytes]]":
        """Return the files that were chosen."""
        return list(self.cleaned_data.get("documents") or [])

    def ask_for_files_again(self) -> None:
        """Say at the field that a browser keeps no files, when a page with errors comes back."""
        chosen = self.files.getlist("documents") if self.files else []
        if chosen and "documents" not in self.errors:
            names = ", ".join(f"“{cleaned_name(upload.name or '')}”" for upload in chosen)
            words = _("Please choose again: %(names)s. A browser forgets files.")
            self.add_error("documents", words % {"names": names})


class PaperForm(DocumentsForm):
    """A paper of one type; the form has only the fields that its type asks for.

    With `today`, the local date of the holder, a paper that is over is refused. Files are
    asked for unless `documents_required` is false. `initial` may carry the issuer that an
    older paper names, which is kept; otherwise the type's own is taken.
    """

    field_order = (
        *("name_shown", "number", "issuer", "issued_date", "expires_date", "training_provider"),
        *("training_hours", "covers_cosmetic", "conditions", "documents", "revision"),
    )

    name_shown = forms.CharField(
        label=_("Name as shown on it"),
        max_length=120,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        error_messages={"required": _("Enter the name that is printed on it.")},
    )
    number = forms.CharField(
        label=_("Number"),
        max_length=60,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off", "class": "w-half"}),
    )
    issuer = forms.CharField(
        label=_("Issuer"),
        max_length=160,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        error_messages={"required": _("Enter who issued it.")},
    )
    issued_date = PaperDate(
        label=_("Valid from"),
        required=False,
        help_text=_("The first valid day, or the day of issue."),
    )
    expires_date = PaperDate(
        label=_("Last valid day"),
        error_messages={"required": _("Enter the last day on which it is valid.")},
    )
    training_provider = forms.CharField(
        label=_("Who gave the training"),
        max_length=160,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        error_messages={"required": _("Enter who gave the training.")},
    )
    training_hours = forms.IntegerField(
        label=_("Hours of training"),
        min_value=1,
        max_value=MOST_HOURS,
        widget=forms.TextInput(
            attrs={"autocomplete": "off", "inputmode": "numeric", "class": "w-short"}
        ),
        error_messages={
            "required": _("Enter the hours of training."),
            "invalid": _("Enter the hours as a whole number, such as 96."),
            "min_value": _("Enter the hours as a whole number, such as 96."),
            "max_value": _("That is more hours than a training has."),
        },
    )
    covers_cosmetic = forms.ChoiceField(
        label=_("Does it cover cosmetic facial work?"),
        choices=[
            (Credential.Covers.YES, _("Yes, it says so")),
            (Credential.Covers.NO, _("No")),
            (Credential.Covers.UNKNOWN, _("I'm not sure")),
        ],
        widget=forms.RadioSelect,
        help_text=_("Some insurers leave it out. We ask them."),
    )
    conditions = forms.CharField(
        label=_("Conditions on it"),
        max_length=2000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("Only if the paper or the register names any, in their words."),
    )
    revision = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def __init__(
        self,
        *args: Any,
        type: CredentialType,
        documents_required: bool = True,
        today: date | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.type = type
        self.today = today
        self.fields["documents"].required = documents_required
        for name in _not_asked(type):
            del self.fields[name]

    def clean_training_hours(self) -> int:
        """Keep a plain number."""
        return int(self.cleaned_data["training_hours"])

    def clean_expires_date(self) -> date:
        """Take the last valid day only after the first, and not one that is past."""
        expires: date = self.cleaned_data["expires_date"]
        issued = self.cleaned_data.get("issued_date")
        if issued is not None and expires < issued:
            raise forms.ValidationError(_("The last valid day lies before the first."))
        if self.today is not None and expires < self.today:
            raise forms.ValidationError(_("This day is past. Hand in the paper that is valid now."))
        return expires

    def facts(self) -> PaperFacts:
        """Return what stands on the paper."""
        answers = self.cleaned_data
        issuer = answers.get("issuer") or self.initial.get("issuer") or self.type.issuer
        return PaperFacts(
            name_shown=" ".join(answers["name_shown"].split()),
            issuer=issuer,
            number=answers["number"],
            issued_date=answers["issued_date"],
            expires_date=answers.get("expires_date"),
            training_provider=answers.get("training_provider", ""),
            training_hours=answers.get("training_hours"),
            covers_cosmetic=answers.get("covers_cosmetic", Credential.Covers.UNKNOWN),
            conditions=answers["conditions"],
        )


def initial_of(paper: Credential) -> dict[str, Any]:
    """Return what the form starts with when a paper is corrected."""
    names = set(PaperForm.base_fields) - {"documents"}
    return {name: getattr(paper, name) for name in names}


def initial_of_renewal(paper: Credential) -> dict[str, Any]:
    """Return what stays the same on the next paper of a type; its dates are new.

    The issuer is the type's own where it has one: bodies change their names.
    """
    stays = {name: getattr(paper, name) for name in STAYS_IN_A_RENEWAL}
    return {**stays, "issuer": paper.type.issuer or paper.issuer}


def _not_asked(type: CredentialType) -> list[str]:
    asked = {
        "issuer": not type.issuer,
        "expires_date": type.expires,
        "training_provider": type.asks_training,
        "training_hours": type.asks_training,
        "covers_cosmetic": type.must_cover_cosmetic,
    }
    return [name for name, is_asked in asked.items() if not is_asked]
