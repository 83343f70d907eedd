"""When messages go out.

What was sent, who agreed to what, and which addresses are dead are not in the admin: the desk
has pages of its own for them (`/messages/`, "What we send" of a client), which say more and
are written by services.
"""

from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from clinic.admin.parts import NoDelete
from clinic.forms.message_rules import SECOND_REMINDER, MessageRuleForm
from clinic.messaging.timings import span_of, timing_words
from clinic.models import MessageRule


@admin.register(MessageRule)
class MessageRuleAdmin(NoDelete, admin.ModelAdmin):
    """The timings: managers change how far, or switch one off. The set is fixed."""

    form = MessageRuleForm
    list_display = ("title", "goes_out", "is_active")
    ordering = ("name", "pk")
    readonly_fields = ("title", "goes_out", "counted_from")
    fieldsets = (
        (None, {"fields": ("title", "goes_out", "is_active")}),
        (_("Change it to"), {"fields": (("days", "hours", "rest"), "counted_from")}),
    )

    def has_add_permission(self, request: HttpRequest) -> bool:
        """The kinds of messages are in the code."""
        return False

    @admin.display(description=_("goes out"))
    def goes_out(self, rule: MessageRule) -> str:
        """Say when, as it is now."""
        return timing_words(rule.name, rule.minutes)

    @admin.display(description=_("counted"))
    def counted_from(self, rule: MessageRule) -> str:
        """Say from what the figures are counted."""
        span = span_of(rule.name, rule.minutes)
        said = {"moment": span.moment}
        if rule.name == SECOND_REMINDER:
            return (
                _now(
                    "before %(moment)s. It goes out earlier where it must, to leave four hours"
                    " before a change counts as late."
                )
                % said
            )
        if span.is_before:
            return _now("before %(moment)s") % said
        return _now("after %(moment)s") % said
