"""What a verifier chooses and types. Forms validate; `decide` decides."""

from collections.abc import Collection, Sequence
from datetime import date, timedelta
from typing import Any

from django import forms
from django.core.files.base import File
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from clinic.documents.storage import cleaned_name
from clinic.domain.credentials import BARRING, COUNTING, Result
from clinic.forms.base import HouseForm
from clinic.forms.documents import DocumentsField
from clinic.models import Verification
from clinic.selectors.verification_queue import Show
from clinic.services.verifying import Decision, Seen
from treatments.forms.desk import DayField

LONGEST_RECHECK = timedelta(days=3653)
CHARACTERS = _("Please keep it to %(limit_value)d characters.")
YES_NO = (("yes", _("Yes")), ("no", _("No")))

ACTS: dict[Result, str | Promise] = {
    Result.VERIFIED: _("Verify it"),
    Result.MORE_ASKED: _("Ask for more"),
    Result.REJECTED: _("Reject it"),
    Result.RENEWAL_PENDING: _("Renewal pending"),
    Result.SUSPENDED: _("Suspend it"),
    Result.REVOKED: _("Revoke it"),
}
"""What can be decided, in the order in which it is offered."""


class QueueQuery(HouseForm):
    """Which papers the queue shows."""

    show = forms.TypedChoiceField(
        choices=[(show.value, show.value) for show in Show],
        coerce=Show,
        empty_value=Show.TO_DO,
        required=False,
        widget=forms.HiddenInput(),
    )
    type = forms.SlugField(label=_("Type"), required=False, widget=forms.Select())
    holder = forms.RegexField(
        r"^(practitioner|location)\.[-\w]+\Z",
        label=_("Holder"),
        required=False,
        widget=forms.Select(),
    )

    def offer(self, types: Sequence[tuple[str, str]], holders: Sequence[tuple[str, str]]) -> None:
        """Give the lists what there is to choose from."""
        self.fields["type"].widget.choices = [("", _("All types")), *types]
        self.fields["holder"].widget.choices = [("", _("Everybody")), *holders]


class SeenForm(forms.Form):
    """What the verifier looked at, in hidden fields."""

    check = forms.IntegerField(min_value=0, max_value=2**63 - 1, widget=forms.HiddenInput())
    revision = forms.IntegerField(min_value=0, max_value=2**31 - 1, widget=forms.HiddenInput())

    def seen(self) -> Seen | None:
        """Return what was looked at; None if the fields are not ours."""
        if not self.is_valid():
            return None
        return Seen(self.cleaned_data["check"], self.cleaned_data["revision"])


class DecisionForm(HouseForm):
    """A decision about one paper; which fields are asked for depends on what is decided.

    `open_to` is what can be decided now, `services` the choices of what a condition may
    bar (by id), `today` the local date of the paper.
    """

    result = forms.TypedChoiceField(
        label=_("What do you decide?"),
        coerce=Result,
        widget=forms.RadioSelect,
        error_messages={
            "required": _("Choose what you decide."),
            "invalid_choice": _("That can't be decided now. Choose one of those shown."),
        },
    )
    method = forms.ChoiceField(
        label=_("Checked with"),
        choices=[("", _("Choose how you checked")), *Verification.Method.choices],
        required=False,
    )
    evidence = forms.CharField(
        label=_("What the issuer said"),
        max_length=500,
        required=False,
        help_text=_(
            "The register's entry, a reference, who answered and when. A copy handed in by the"
            " practitioner is not enough."
        ),
        widget=forms.Textarea(attrs={"rows": 2}),
        error_messages={"max_length": CHARACTERS},
    )
    proof = DocumentsField(label=_("Evidence as a file"), required=False)
    next_check_date = DayField(label=_("Check again on"), required=False)
    covers_cosmetic = forms.ChoiceField(
        label=_("Covers cosmetic facial work?"),
        choices=YES_NO,
        required=False,
        widget=forms.RadioSelect,
        help_text=_("With “No” it does not count for services that require it."),
    )
    barred = forms.TypedMultipleChoiceField(
        label=_("Services that a condition bars"),
        coerce=int,
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    reason = forms.CharField(
        label=_("Reason"),
        max_length=500,
        required=False,
        help_text=_("The practitioner reads this."),
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"max_length": CHARACTERS},
    )
    understood = forms.BooleanField(
        label=_("I have read what happens, and mean it"), required=False
    )
    note = forms.CharField(
        label=_("Note"),
        max_length=2000,
        required=False,
        help_text=_("For verifiers only. Nothing about health, please."),
        widget=forms.Textarea(attrs={"rows": 2}),
        error_messages={"max_length": CHARACTERS},
    )

    def __init__(
        self,
        *args: Any,
        open_to: Collection[Result],
        services: Sequence[tuple[int, str]],
        asks_cosmetic: bool,
        must_recheck: bool,
        today: date,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.must_recheck = must_recheck
        self.today = today
        self.fields["result"].choices = [  # type: ignore[attr-defined]
            (result.value, label) for result, label in ACTS.items() if result in open_to
        ]
        self.fields["barred"].choices = services  # type: ignore[attr-defined]
        if not services:
            del self.fields["barred"]
        if not asks_cosmetic:
            del self.fields["covers_cosmetic"]
        if not BARRING & set(open_to):
            del self.fields["understood"]

    def clean_next_check_date(self) -> date | None:
        """Take a date to come."""
        on: date | None = self.cleaned_data["next_check_date"]
        if on is not None and not self.today < on <= self.today + LONGEST_RECHECK:
            raise forms.ValidationError(_("Choose a date after today, within ten years."))
        return on

    def clean(self) -> None:
        """Ask for what the decision needs."""
        result = self.cleaned_data.get("result")
        if result is None:
            return
        if result in COUNTING:
            self._need("method", _("Choose how you checked."))
            self._need("evidence", _("Say what the issuer said."))
            self._need("covers_cosmetic", _("Say whether it covers cosmetic facial work."))
        else:
            self._need("reason", _("Give a reason. The practitioner reads it."))
        if result is Result.VERIFIED and self.must_recheck:
            self._need("next_check_date", _("Enter when to check it again."))
        if result in BARRING:
            self._need("understood", _("Tick that you have read what happens."))

    def decision(self) -> Decision:
        """Return the decision, without what was typed for another one."""
        answers = self.cleaned_data
        result: Result = answers["result"]
        if result not in COUNTING:
            return Decision(result, reason=answers["reason"], note=answers["note"])
        return Decision(
            result,
            method=answers["method"],
            evidence=answers["evidence"],
            note=answers["note"],
            covers_cosmetic=answers.get("covers_cosmetic") == "yes",
            barred=answers.get("barred", []),
            next_check_date=answers["next_check_date"],
        )

    def uploads(self) -> "list[File[bytes]]":
        """Return the evidence that was chosen, for decisions that take any."""
        if self.cleaned_data["result"] not in COUNTING:
            return []
        return list(self.cleaned_data.get("proof") or [])

    def ask_for_files_again(self) -> None:
        """Say at the field that a browser keeps no files, when the page comes back."""
        chosen = self.files.getlist("proof") if self.files else []
        if chosen and "proof" not in self.errors:
            names = ", ".join(f"“{cleaned_name(upload.name or '')}”" for upload in chosen)
            words = _("Please choose again: %(names)s. A browser forgets files.")
            self.add_error("proof", words % {"names": names})

    def _need(self, name: str, words: str | Promise) -> None:
        if name in self.fields and name not in self.errors and not self.cleaned_data.get(name):
            self.add_error(name, str(words))
