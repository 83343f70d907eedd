"""Finds the browser of the browser tests."""

import os
import shutil
import subprocess

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
INSTALL = ("apt-get", "install", "-y", "--no-install-recommends", "chromium")


class ChromiumMissing(RuntimeError):
    """There is no browser, and none may be installed here."""


def find_chromium() -> str:
    """Return the path of a Chromium: the one that CHROMIUM names, one on the PATH, or, as root
    on a machine with apt-get, one installed now. Raises `ChromiumMissing` with what to do."""
    found = named_chromium() or chromium_on_path()
    if found:
        return found
    if os.getuid() == 0 and shutil.which("apt-get"):
        subprocess.run(["apt-get", "update", "-q"], check=False)
        subprocess.run(
            INSTALL, check=False, env={**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        )
        found = chromium_on_path()
    if not found:
        raise ChromiumMissing(
            "The browser tests need Chromium. Install the package chromium, or set CHROMIUM to"
            " the path of a Chromium or Chrome."
        )
    return found


def named_chromium() -> str | None:
    """Return what CHROMIUM names; it must be there."""
    named = os.environ.get("CHROMIUM")
    if named and not shutil.which(named):
        raise ChromiumMissing(f"CHROMIUM names {named}, which is not a program.")
    return named or None


def chromium_on_path() -> str | None:
    """Return the first browser of ours that the PATH knows."""
    return next((path for name in NAMES if (path := shutil.which(name))), None)
