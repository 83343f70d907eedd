"""Sign a visitor in by a six-digit code sent to an e-mail address; no password needed.

Built on allauth's login by code, so it is a real allauth login: its limits, its stages
(a second factor is never skipped), its signals, a new session key. Known and unknown
addresses take the same path: an unknown one becomes a login without a password, which
counts for nothing until the code was entered. So nobody learns who is a client.

    code = start_code_sign_in(request, email)      # the form "who you are"
    user = finish_code_sign_in(request, typed)     # the form "your code"
"""

from datetime import datetime, timedelta
from typing import ClassVar

from allauth.account import app_settings
from allauth.account.internal.flows.login_by_code import LoginCodeVerificationProcess
from allauth.account.internal.stagekit import get_pending_stage
from allauth.account.models import EmailAddress
from allauth.account.stages import LoginByCodeStage, LoginStageController
from allauth.core.internal import ratelimit
from allauth.core.internal.cryptokit import compare_user_code
from django.contrib.auth.hashers import UNUSABLE_PASSWORD_PREFIX
from django.contrib.sessions.backends.db import SessionStore
from django.db import IntegrityError, transaction
from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from clinic.models import User
from clinic.refusals import Refusal

ADDRESS_KEY = "code_sign_in_address"
LIMITS_APP = "allauth.account"
UNCONFIRMED_LIFE = timedelta(days=1)
DOUBLE_CLICK_SECONDS = 30


class WrongCode(Refusal):
    """The digits are not those of the mail; `tries_left` more tries are open."""

    code: ClassVar[str] = "wrong_code"

    def __init__(self, tries_left: int) -> None:
        self.tries_left = tries_left
        words = ngettext(
            "That is not the code in our mail. You have one more try.",
            "That is not the code in our mail. You have %(count)s more tries.",
            tries_left,
        )
        super().__init__(words % {"count": tries_left})


class CodeGone(Refusal):
    """No code waits in this session: it ran out, was used, or was tried too often."""

    code: ClassVar[str] = "code_gone"
    message: str | Promise = _("That code no longer works. We can send you a new one.")


class TooManyCodes(Refusal):
    """Too many codes were asked for, for this address or from this network."""

    code: ClassVar[str] = "too_many"
    status: ClassVar[int] = 429
    message: str | Promise = _(
        "We have sent several codes already. Wait a few minutes, then ask again, or phone us."
    )


class MailNotSent(Refusal):
    """The mail server did not take the mail. Raised by the adapter that sends account mail."""

    code: ClassVar[str] = "mail_not_sent"
    status: ClassVar[int] = 503
    message: str | Promise = _(
        "We could not send the mail just now. Nothing is lost: try again in a moment, or phone us."
    )


class SecondFactorNeeded(Refusal):
    """The code was right, and this login has a second factor: go on at `url`."""

    code: ClassVar[str] = "second_factor"
    message: str | Promise = _("One more step: confirm that it is you.")

    def __init__(self, url: str) -> None:
        self.url = url
        super().__init__()


def start_code_sign_in(request: HttpRequest, email: str) -> None:
    """Send a code to an address and remember in the session that it is awaited.

    Calling again sends a new code, and the old one no longer works. Nothing changes when
    it raises `TooManyCodes` or `MailNotSent`: an earlier code goes on working.
    """
    address = email.strip().lower()
    usage = allow_code(request, address)
    if usage is None:
        raise TooManyCodes
    try:
        LoginCodeVerificationProcess.initiate(
            request=request, user=login_of_address(address), email=address
        )
    except MailNotSent:
        usage.rollback()
        raise
    request.session[ADDRESS_KEY] = address


def resend_code(request: HttpRequest) -> None:
    """Send a new code to the last address, even if its code has run out or was tried too often.

    Raises as `start_code_sign_in`, and `CodeGone` where this session never asked for one.
    """
    address = request.session.get(ADDRESS_KEY)
    if address is None:
        raise CodeGone
    start_code_sign_in(request, address)


def awaited_address(request: HttpRequest) -> str | None:
    """Return the address whose code this session waits for, or None."""
    process = _process(request)
    return process.state.get("email") if process else None


def finish_code_sign_in(request: HttpRequest, code: str, *, next_url: str | None = None) -> User:
    """Check the code, confirm the address and sign its owner in; return the login.

    What the session holds is kept, under a new key. Somebody who is signed in already is
    returned as they are, so that a second submit does no harm. Raises `WrongCode`,
    `CodeGone`, or `SecondFactorNeeded`, after which allauth goes on to `next_url`.
    """
    if isinstance(request.user, User):
        return request.user
    process = _process(request)
    if process is None or not count_try(request, process.code):
        raise CodeGone
    if not compare_user_code(actual=code, expected=process.code):
        raise _wrong(process)
    old_key, kept = request.session.session_key, dict(request.session.items())
    process.finish(redirect_url=next_url)
    if not isinstance(request.user, User):
        raise _unfinished(request)
    _bear_second_submit(old_key, kept)
    return request.user


def allow_code(request: HttpRequest, address: str) -> ratelimit.RateLimitUsage | None:
    """Count one mail to this address from this network; None when that is one too many."""
    return ratelimit.consume(
        request, app=LIMITS_APP, action="request_login_code", key=address, limit_get=True
    )


def count_try(request: HttpRequest, expected: str) -> bool:
    """Count one try at one code; False when all are used.

    allauth counts in the session, which many requests at once can read before one of
    them writes. This count is kept in the cache, under a lock.
    """
    tries = f"{app_settings.LOGIN_BY_CODE_MAX_ATTEMPTS}/15m/key"
    usage = ratelimit.consume(
        request,
        app=LIMITS_APP,
        action="try_login_code",
        config={"try_login_code": tries},
        key=f"{request.session.session_key}:{expected}",
        limit_get=True,
    )
    return usage is not None


def login_of_address(address: str) -> User | None:
    """Return the login that a code to this address opens; a new one if nobody has it.

    Whoever confirmed the address comes first, then whoever has it as their own e-mail; an
    unconfirmed second address of somebody else opens nothing. None for a login that was
    closed: the code sent to nobody never fits.
    """
    confirmed = EmailAddress.objects.filter(email=address, verified=True).first()
    user = confirmed.user if confirmed else _own_or_new(address)
    if not user.is_active:
        return None
    EmailAddress.objects.get_or_create(
        user=user, email=address, defaults={"primary": _lacks_primary(user)}
    )
    return user


@transaction.atomic
def confirm_address(*, user: User) -> None:
    """Take a login's own e-mail as confirmed without a code: for demo data and commands."""
    EmailAddress.objects.filter(user=user, primary=True).exclude(email=user.email).update(
        primary=False
    )
    EmailAddress.objects.update_or_create(
        user=user, email=user.email, defaults={"verified": True, "primary": True}
    )


def remove_unconfirmed_users(*, now: datetime) -> int:
    """Delete logins that were begun more than a day ago and never entered; return how many."""
    begun = User.objects.filter(
        date_joined__lt=now - UNCONFIRMED_LIFE,
        last_login=None,
        password__startswith=UNUSABLE_PASSWORD_PREFIX,
        client=None,
        practitioner=None,
        is_manager=False,
        is_reception=False,
        is_practitioner=False,
        is_superuser=False,
    )
    confirmed = EmailAddress.objects.filter(verified=True).values("user")
    rows = begun.exclude(pk__in=confirmed)
    return rows.delete()[1].get(User._meta.label, 0)


def _own_or_new(address: str) -> User:
    try:
        with transaction.atomic():
            return User.objects.filter(email=address).first() or User.objects.create_user(address)
    except IntegrityError:
        # A second tab made it in the same moment.
        return User.objects.get(email=address)


def _lacks_primary(user: User) -> bool:
    return not EmailAddress.objects.filter(user=user, primary=True).exists()


def _process(request: HttpRequest) -> LoginCodeVerificationProcess | None:
    if request.user.is_authenticated:
        return None
    stage = LoginStageController.enter(request, LoginByCodeStage.key)
    return LoginCodeVerificationProcess.resume(stage) if stage else None


def _wrong(process: LoginCodeVerificationProcess) -> Refusal:
    if not process.record_invalid_attempt():
        return CodeGone()
    return WrongCode(process.max_attempts - process.state["failed_attempts"])


def _unfinished(request: HttpRequest) -> Refusal:
    stage = get_pending_stage(request)
    if stage and stage.urlname:
        return SecondFactorNeeded(reverse(stage.urlname))
    return CodeGone()


def _bear_second_submit(old_key: str | None, kept: dict[str, object]) -> None:
    """Keep the session as it was before, signed out, for the length of a double click.

    The second click still carries the old cookie. Without this it would meet no session,
    and its answer would take the new cookie away again. It has to bring the code as well.
    """
    if old_key is None:
        return
    SessionStore.get_model_class().objects.update_or_create(
        session_key=old_key,
        defaults={
            "session_data": SessionStore().encode(kept),
            "expire_date": SessionStore().get_expiry_date(expiry=DOUBLE_CLICK_SECONDS),
        },
    )
