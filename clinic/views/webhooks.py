"""What providers send us: answers to text messages, what was not delivered, who complained."""

import functools
import re
from collections.abc import Callable
from typing import Any

from anymail.signals import EventType, RejectReason
from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseForbidden
from django.utils import timezone
from django.utils.translation import gettext_noop
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST
from twilio.request_validator import RequestValidator
from twilio.twiml.messaging_response import MessagingResponse

from clinic.messaging.sms.words import Answer, help_words, start_words, stopped_words, understood
from clinic.models import Consent
from clinic.selectors.reach import Channel
from clinic.services.bounces import gave_back, wants_no_more
from clinic.services.consent import stop_address

View = Callable[[HttpRequest], HttpResponse]

NUMBER = re.compile(r"\+[1-9]\d{6,14}")

NOT_DELIVERED = {"undelivered", "failed"}
STOPPED_THERE = "21610"
DEAD_NUMBERS = {"21211", "21614", "30004", "30005", "30006"}
"""Twilio's codes for a number that will never take a message: no mobile, unknown, blocked."""

GAVE_BACK = gettext_noop("Messages came back")
NOT_THERE = gettext_noop("The message was not delivered")


def from_twilio(view: View) -> View:
    """Let in what Twilio has signed with our token; there is no such page without Twilio.

    The signature is over our own public address, so that a proxy on the way does not matter.
    """

    @functools.wraps(view)
    def checked(request: HttpRequest) -> HttpResponse:
        if settings.SMS["provider"] != "twilio":
            raise Http404
        url = f"{settings.SITE_URL}{request.get_full_path()}"
        signature = request.headers.get("X-Twilio-Signature", "")
        validator = RequestValidator(settings.SMS["token"])
        if not validator.validate(url, request.POST, signature):
            return HttpResponseForbidden()
        return view(request)

    return csrf_exempt(never_cache(require_POST(checked)))


@from_twilio
def sms_answered(request: HttpRequest) -> HttpResponse:
    """Do what a client has answered to a text message.

    Stopping counts at once, for everybody with that number, and is confirmed once. Starting
    again by a word would be consent of whoever holds the number now, so it only says how.
    """
    number = request.POST.get("From", "")
    if not NUMBER.fullmatch(number):
        return _answer("")
    match understood(request.POST.get("Body", "")):
        case Answer.STOP:
            changed = stop_address(
                channel=Channel.SMS, address=number, source=Consent.Source.WORD, now=timezone.now()
            )
            return _answer(stopped_words() if changed and not _twilio_answers(request) else "")
        case Answer.START:
            return _answer("" if _twilio_answers(request) else start_words())
        case Answer.HELP:
            return _answer("" if _twilio_answers(request) else help_words())
        case _:
            return _answer("")


@from_twilio
def sms_delivery(request: HttpRequest) -> HttpResponse:
    """Keep what became of a text message that went out."""
    number, code = request.POST.get("To", ""), request.POST.get("ErrorCode", "")
    if request.POST.get("MessageStatus") not in NOT_DELIVERED or not NUMBER.fullmatch(number):
        return HttpResponse(status=204)
    now = timezone.now()
    if code == STOPPED_THERE:
        wants_no_more(channel=Channel.SMS, address=number, now=now)
    gave_back(
        channel=Channel.SMS,
        address=number,
        provider_id=request.POST.get("MessageSid", ""),
        reason=f"{NOT_THERE} ({code})" if code.isdecimal() else NOT_THERE,
        is_dead=code in DEAD_NUMBERS,
        now=now,
    )
    return HttpResponse(status=204)


def mail_tracked(sender: object, event: Any, **signal: Any) -> None:
    """Keep what a mail provider told of a mail; anymail has checked that it was the provider."""
    address, now = event.recipient or "", timezone.now()
    if not address:
        return
    if event.event_type in (EventType.COMPLAINED, EventType.UNSUBSCRIBED) or (
        event.event_type == EventType.REJECTED
        and event.reject_reason in (RejectReason.SPAM, RejectReason.UNSUBSCRIBED)
    ):
        wants_no_more(channel=Channel.EMAIL, address=address, now=now)
    elif event.event_type in (EventType.BOUNCED, EventType.REJECTED, EventType.FAILED):
        gave_back(
            channel=Channel.EMAIL,
            address=address,
            provider_id=str(event.message_id or ""),
            reason=GAVE_BACK,
            is_dead=_is_for_good(event),
            now=now,
        )


def _is_for_good(event: Any) -> bool:
    if event.event_type == EventType.BOUNCED:
        return event.reject_reason in (None, RejectReason.BOUNCED, RejectReason.INVALID)
    return event.reject_reason in (RejectReason.BOUNCED, RejectReason.INVALID)


def _twilio_answers(request: HttpRequest) -> bool:
    # Twilio's own opt-out has confirmed it already; two confirmations are one too many.
    return bool(request.POST.get("OptOutType"))


def _answer(words: str) -> HttpResponse:
    reply = MessagingResponse()
    if words:
        reply.message(words)
    return HttpResponse(str(reply), content_type="text/xml")
