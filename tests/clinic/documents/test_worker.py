"""The worker stays within its limits, whatever it is given; measured from outside."""

import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

from clinic.documents.cleaning import PROJECT, WORKER
from tests.factories.documents import (
    endless_pdf,
    locked_pdf,
    pdf,
    pdf_bomb,
    pdf_with_filled_form,
    pdf_with_huge_picture,
    pdf_with_script_and_file,
    photo_with_gps,
    picture,
    png_of_zeros,
)

MOST_BYTES = 300_000_000
# In a small process of its own: what a child is said to have used includes its parent's at birth.
MEASURE = """
import json, resource, subprocess, sys
ended = subprocess.run(sys.argv[1:], env={}, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024
print(json.dumps([ended.returncode, ended.stdout.decode(), peak]))
"""
ALLOWANCE = """
import json, resource, signal
from clinic.documents.worker import limit_this_process
limit_this_process()
try:
    taken = len(bytearray(300_000_000))
except MemoryError:
    taken = 0
names = ("RLIMIT_FSIZE", "RLIMIT_NPROC", "RLIMIT_CORE", "RLIMIT_CPU")
limits = [resource.getrlimit(getattr(resource, name))[0] for name in names]
print(json.dumps([taken, limits, signal.alarm(0)]))
"""
UNREADABLE = {"refused": "document_unreadable"}
HOSTILE = {
    "png of 400 megapixels": ("png", png_of_zeros(20_000, 20_000), {"refused": "too_many_pixels"}),
    "png of 40 megapixels": ("png", png_of_zeros(6_300, 6_300), {"pages": 1}),
    "with transparency": ("png", png_of_zeros(6_300, 6_300, colour=6), {"pages": 1}),
    "grey, transparency": ("png", png_of_zeros(6_300, 6_300, colour=4), {"pages": 1}),
    "grey of 16 bits": ("png", png_of_zeros(6_300, 6_300, bits=16, colour=0), {"pages": 1}),
    "colour of 16 bits": ("png", png_of_zeros(6_300, 6_300, bits=16, colour=6), {"pages": 1}),
    "widest": ("png", png_of_zeros(15_000, 2_666, colour=6), {"pages": 1}),
    "just not reduced": ("png", png_of_zeros(4_200, 4_200, colour=6), {"pages": 1}),
    "jpeg of 40 megapixels": ("jpeg", picture(size=(7_300, 5_400)), {"pages": 1}),
    "progressive": ("jpeg", picture(size=(7_300, 5_400), progressive=True), {"pages": 1}),
    # All its coefficients at once would take 240 MB.
    "progressive, finest": (
        "jpeg",
        picture(size=(7_300, 5_400), progressive=True, subsampling=0),
        UNREADABLE,
    ),
    "cmyk": ("jpeg", picture(size=(7_300, 5_400), mode="CMYK"), {"pages": 1}),
    "photo with gps": ("jpeg", photo_with_gps(6), {"pages": 1}),
    "pdf of 20 pages": ("pdf", pdf(pages=20), {"pages": 20}),
    "pdf of 10,000 pages": ("pdf", pdf(pages=10_000), {"refused": "too_many_pages"}),
    "huge page": ("pdf", pdf(box="0 0 9999999 9999999"), {"pages": 1}),
    "huge picture in a pdf": ("pdf", pdf_with_huge_picture(), {"pages": 1}),
    "locked pdf": ("pdf", locked_pdf(), {"refused": "document_locked"}),
    "script and file": ("pdf", pdf_with_script_and_file(), {"pages": 1}),
    "form": ("pdf", pdf_with_filled_form(), {"pages": 1}),
}


def measured(kind: str, content: bytes, folder: Path) -> tuple[int, str, int]:
    """Run the worker on a file; return its exit status, its answer and its peak memory."""
    source, target = folder / "source", folder / "pages"
    source.write_bytes(content)
    target.mkdir()
    command = [sys.executable, "-c", MEASURE, *WORKER, kind, str(source), str(target)]
    ended = subprocess.run(command, cwd=PROJECT, capture_output=True, check=True)
    status, answer, peak = json.loads(ended.stdout)
    return status, answer, peak


@pytest.mark.parametrize("case", HOSTILE)
def test_worker_answers_within_its_memory(case, tmp_path):
    kind, content, expected = HOSTILE[case]

    status, answer, peak = measured(kind, content, tmp_path)

    assert (status, json.loads(answer)) == (0, expected)
    assert 10_000_000 < peak < MOST_BYTES


def test_bomb_ends_the_worker_and_not_the_memory(tmp_path):
    bomb = pdf_bomb(gigabytes=4)
    assert len(bomb) < 20_000

    status, answer, peak = measured("pdf", bomb, tmp_path)

    assert status < 0
    assert answer == ""
    assert peak < MOST_BYTES
    assert list((tmp_path / "pages").iterdir()) == []


@pytest.mark.slow
def test_endless_page_ends_with_the_time_it_may_use(tmp_path):
    status, answer, peak = measured("pdf", endless_pdf(), tmp_path)

    # On a crowded machine twenty seconds by the clock are over before twelve of the processor.
    assert status in (-signal.SIGXCPU, -signal.SIGALRM)
    assert answer == ""
    assert peak < MOST_BYTES


def test_limits_hold_for_the_process_itself():
    ended = subprocess.run(
        [sys.executable, "-c", ALLOWANCE], cwd=PROJECT, capture_output=True, check=True
    )

    taken, limits, alarm = json.loads(ended.stdout)

    assert taken == 0
    assert limits == [64 * 1024 * 1024, 0, 0, 12]
    assert 18 <= alarm <= 20


def test_worker_starts_without_django_and_celery():
    script = "import sys, clinic.documents.worker, clinic.documents.drawing; print(*sys.modules)"
    ended = subprocess.run(
        [sys.executable, "-c", script], cwd=PROJECT, capture_output=True, check=True, text=True
    )

    loaded = {name.split(".")[0] for name in ended.stdout.split()}

    assert "pypdfium2" in loaded
    assert loaded & {"django", "celery", "psycopg2", "redis"} == set()


def test_pages_are_for_nobody_else_on_the_machine(tmp_path):
    measured("jpeg", picture(), tmp_path)

    page = tmp_path / "pages" / "page-1.jpg"
    assert page.stat().st_mode & 0o777 == 0o600
    assert Image.open(page).size == (60, 40)
