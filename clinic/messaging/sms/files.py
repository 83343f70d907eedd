"""Text messages of a demo: one file each, which the demo mailbox shows."""

import json
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from tempfile import NamedTemporaryFile

from django.conf import settings

from clinic.messaging.delivery import Accepted, Letter, Receipt
from clinic.messaging.registry import Text

FILE_NAME = re.compile(r"[0-9a-f-]{36}\.json")
MOST_SHOWN = 200


@dataclass(frozen=True, slots=True)
class DemoText:
    """One text message that went out."""

    to: str
    body: str
    sent_at: datetime


class FileDeliverer:
    """Writes each message under its own name, so that sending it again writes it once."""

    knows_keys = True

    def deliver(self, letter: Letter) -> Receipt:
        """Write the file whole, or leave none."""
        assert isinstance(letter.content, Text)
        words = {"to": letter.address, "body": letter.content.body}
        folder = Path(settings.SMS["folder"])
        folder.mkdir(parents=True, exist_ok=True)
        with NamedTemporaryFile("w", dir=folder, delete=False) as file:
            json.dump(words, file)
        Path(file.name).rename(folder / f"{letter.message.public_id}.json")
        return Accepted(str(letter.message.public_id))

    def close(self) -> None:
        """Have nothing to let go of."""


def newest_texts(folder: Path) -> list[DemoText]:
    """Return the text messages in a folder, the newest first; none if it does not exist."""
    paths = [path for path in folder.glob("*.json") if FILE_NAME.fullmatch(path.name)]
    found = [_read(path) for path in paths]
    return sorted(found, key=lambda text: text.sent_at, reverse=True)[:MOST_SHOWN]


def _read(path: Path) -> DemoText:
    words = json.loads(path.read_text())
    sent_at = datetime.fromtimestamp(path.stat().st_mtime, UTC)
    return DemoText(words["to"], words["body"], sent_at)
