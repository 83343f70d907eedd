"""The demo mailbox: every mail and text of a demo clinic, to read codes and confirmations."""

import functools
from collections.abc import Callable
from pathlib import Path
from typing import Concatenate, ParamSpec, cast

from csp.constants import NONE, SELF, UNSAFE_INLINE
from csp.decorators import csp
from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.utils.http import content_disposition_header
from django.views.decorators.cache import never_cache
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_safe

from clinic.messaging.demo_mailbox import DemoMail, find_mail, newest_mails
from clinic.messaging.sms.files import newest_texts

P = ParamSpec("P")
View = Callable[Concatenate[HttpRequest, P], HttpResponseBase]

# A mail is somebody else's HTML: its own styles, and nothing else, not even links that work.
MAIL_POLICY = {
    "default-src": [NONE],
    "style-src": [UNSAFE_INLINE],
    "base-uri": [NONE],
    "form-action": [NONE],
    "frame-ancestors": [SELF],
    "sandbox": [],
}


def demo_only(view: View[P]) -> View[P]:
    """Let the page exist only in a demo, read-only and never stored."""

    @functools.wraps(view)
    def guarded(request: HttpRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        if not settings.DEMO_MAILBOX:
            raise Http404
        return view(request, *args, **kwargs)

    return never_cache(require_safe(guarded))


def mail_policy(view: View[P]) -> View[P]:
    """Answer under the policy for mails."""
    return cast(View[P], csp(MAIL_POLICY)(view))


@demo_only
def mailbox(request: HttpRequest) -> HttpResponse:
    """List the newest mails and text messages."""
    texts = newest_texts(Path(settings.SMS["folder"])) if "folder" in settings.SMS else []
    context = {"mails": newest_mails(_folder()), "texts": texts}
    return render(request, "clinic/demo_mailbox.html", context)


@demo_only
def mail(request: HttpRequest, file: str, number: int) -> HttpResponse:
    """Show one mail: its text, its HTML in a frame, what came with it."""
    return render(request, "clinic/demo_mailbox/mail.html", {"mail": _mail(file, number)})


@demo_only
@xframe_options_sameorigin
@mail_policy
def mail_html(request: HttpRequest, file: str, number: int) -> HttpResponse:
    """Answer the HTML part alone, for the frame."""
    html = _mail(file, number).html
    if not html:
        raise Http404
    return HttpResponse(html)


@demo_only
def mail_file(request: HttpRequest, file: str, number: int, position: int) -> HttpResponse:
    """Hand out a file that came with a mail."""
    enclosures = _mail(file, number).enclosures
    if position >= len(enclosures):
        raise Http404
    enclosure = enclosures[position]
    is_calendar = enclosure.name.endswith(".ics")
    response = HttpResponse(
        enclosure.content,
        content_type="text/calendar; charset=utf-8" if is_calendar else "application/octet-stream",
    )
    response.headers["Content-Disposition"] = content_disposition_header(True, enclosure.name) or ""
    return response


def _folder() -> Path:
    return Path(settings.EMAIL_FILE_PATH)


def _mail(file: str, number: int) -> DemoMail:
    found = find_mail(_folder(), file, number)
    if found is None:
        raise Http404
    return found
