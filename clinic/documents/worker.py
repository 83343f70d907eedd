"""Open one untrusted file in a process of its own: `python -m clinic.documents.worker`.

Arguments: the kind, the file, the folder for the pages. The answer on standard output is one
JSON object, `{"pages": 3}` or `{"refused": code}`. Anything else, a crash or a kill, means
that the file can't be opened. The limits are set before any library that reads files is
imported, and hold for whatever the file makes that library do.
"""

import json
import os
import resource
import signal
import struct
import sys
import zlib
from pathlib import Path

from clinic.documents import bounds
from clinic.documents.kinds import Kind

LIMITS = (
    (resource.RLIMIT_AS, bounds.MEMORY),
    (resource.RLIMIT_CPU, bounds.CPU_SECONDS),
    (resource.RLIMIT_FSIZE, bounds.LARGEST_RESULT),
    (resource.RLIMIT_NOFILE, bounds.MOST_OPEN_FILES),
    (resource.RLIMIT_NPROC, 0),
    (resource.RLIMIT_CORE, 0),
)


def limit_this_process() -> None:
    """Limit memory, time and files for good; a worker whose parent died ends by itself."""
    for name, most in LIMITS:
        if sys.platform == "darwin" and name == resource.RLIMIT_AS:
            continue  # macOS refuses to set it.
        # A second more until the hard limit: SIGXCPU says what happened, SIGKILL would not.
        hard = most + 1 if name == resource.RLIMIT_CPU else most
        resource.setrlimit(name, (most, hard))
    signal.alarm(bounds.WALL_SECONDS)
    os.umask(0o077)


def draw(kind: Kind, source: Path, target: Path) -> dict[str, int | str]:
    """Write the pages of a file into a folder and return the answer."""
    from pypdfium2 import PdfiumError

    from clinic.documents.drawing import draw_pdf
    from clinic.documents.pages import Unfit
    from clinic.documents.pictures import draw_picture

    try:
        if kind is Kind.PDF:
            return {"pages": draw_pdf(source, target)}
        return {"pages": draw_picture(source, kind, target)}
    except Unfit as unfit:
        return {"refused": unfit.code}
    except (
        # What Pillow and pdfium raise on files that are broken, or cost too much.
        *(OSError, SyntaxError, ValueError, EOFError, IndexError, KeyError, TypeError),
        *(MemoryError, OverflowError, ZeroDivisionError, struct.error, zlib.error, PdfiumError),
    ):
        return {"refused": "document_unreadable"}


def main(kind: str, source: str, target: str) -> None:
    """Do what the arguments say."""
    limit_this_process()
    sys.stdout.write(json.dumps(draw(Kind(kind), Path(source), Path(target))))


if __name__ == "__main__":
    main(*sys.argv[1:])
