"""Text messages: a small port, and what stands behind it as the settings say."""

from django.conf import settings

from clinic.messaging.delivery import MakeDeliverer
from clinic.messaging.sms.files import FileDeliverer
from clinic.messaging.sms.twilio import TwilioDeliverer


def make_sms_deliverer() -> MakeDeliverer | None:
    """Return what sends text messages; None where no provider is set up."""
    match settings.SMS["provider"]:
        case "file":
            return FileDeliverer
        case "twilio":
            return TwilioDeliverer
        case _:
            return None
