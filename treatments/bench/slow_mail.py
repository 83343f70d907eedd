"""A mail backend of the benchmark: builds each mail, waits as a provider would, drops it."""

import os
import time
from collections.abc import Sequence
from typing import Any

from django.core.mail import EmailMessage
from django.core.mail.backends.base import BaseEmailBackend

MILLISECONDS = "BENCH_MAIL_MS"


class EmailBackend(BaseEmailBackend):
    """A provider that takes everything after so many milliseconds."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._seconds = int(os.environ.get(MILLISECONDS, "0")) / 1000

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        """Take the mails."""
        for message in email_messages:
            message.message()
            if self._seconds:
                time.sleep(self._seconds)
        return len(email_messages)
