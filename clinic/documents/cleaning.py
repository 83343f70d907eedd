"""Have a file opened by the worker, and believe only what is checked of its answer."""

import json
import logging
import signal
import stat
import subprocess
import sys
from pathlib import Path

from clinic.documents.bounds import LARGEST_RESULT, WALL_SECONDS
from clinic.documents.kinds import Kind
from clinic.documents.pages import WHOLE_PDF, page_name
from clinic.documents.refusals import REFUSALS, DocumentTooSlow, DocumentUnreadable

logger = logging.getLogger(__name__)

PROJECT = Path(__file__).resolve().parents[2]
WORKER = (sys.executable, "-s", "-E", "-B", "-m", "clinic.documents.worker")
OUT_OF_TIME = {-signal.SIGXCPU, -signal.SIGALRM}
LONGEST_ANSWER = 1000
JPEG_BEGINNING = b"\xff\xd8\xff"
PDF_BEGINNING = b"%PDF-"


def clean(source: Path, kind: Kind, folder: Path) -> list[Path]:
    """Make clean files of an untrusted one; return the pages in order, then the new PDF if any.

    Works in `folder`, which must exist and be nobody else's; the files stand in its
    `pages/`. Raises a `DocumentRefused`.
    """
    target = folder / "pages"
    target.mkdir(mode=0o700)
    answer = _ask_worker(source, kind, folder, target)
    refused = REFUSALS.get(str(answer.get("refused")))
    if refused is not None:
        raise refused
    pages = answer.get("pages")
    if not isinstance(pages, int) or pages < 1:
        raise DocumentUnreadable
    expected = [target / page_name(number) for number in range(1, pages + 1)]
    if kind is Kind.PDF:
        expected.append(target / WHOLE_PDF)
    if set(target.iterdir()) != set(expected) or not all(map(_is_what_it_says, expected)):
        logger.warning("The worker of documents left something else than it said.")
        raise DocumentUnreadable
    return expected


def _ask_worker(source: Path, kind: Kind, folder: Path, target: Path) -> dict[str, object]:
    answer, trouble = folder / "answer", folder / "trouble"
    # Into files, whose size is limited, and not into our memory.
    with answer.open("wb") as out, trouble.open("wb") as errors:
        try:
            ended = subprocess.run(
                [*WORKER, kind.value, str(source), str(target)],
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=errors,
                env={},
                cwd=PROJECT,
                timeout=WALL_SECONDS,
                start_new_session=True,
                check=False,
            )
        except subprocess.TimeoutExpired as error:
            raise DocumentTooSlow from error
    if ended.returncode in OUT_OF_TIME:
        raise DocumentTooSlow
    if ended.returncode != 0:
        logger.warning("The worker of documents ended with %s.", ended.returncode)
        raise DocumentUnreadable
    return _read(answer)


def _read(answer: Path) -> dict[str, object]:
    with answer.open("rb") as file:
        try:
            found = json.loads(file.read(LONGEST_ANSWER))
        except ValueError as error:
            raise DocumentUnreadable from error
    return found if isinstance(found, dict) else {}


def _is_what_it_says(path: Path) -> bool:
    """Tell whether a result is an ordinary file of its kind: no link, no device."""
    found = path.lstat()
    if not stat.S_ISREG(found.st_mode) or found.st_nlink != 1 or found.st_size > LARGEST_RESULT:
        return False
    beginning = PDF_BEGINNING if path.name == WHOLE_PDF else JPEG_BEGINNING
    with path.open("rb") as file:
        return file.read(len(beginning)) == beginning
