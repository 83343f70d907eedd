"""The layers import downwards only, and the domain knows no framework."""

import subprocess
import sys

from django.conf import settings

# In a process of its own: it sets up logging anew, which switches off every logger that is there.
CHECK = "from importlinter.cli import lint_imports; raise SystemExit(lint_imports(no_cache=True))"


def test_every_import_contract_is_kept():
    ended = subprocess.run(
        [sys.executable, "-c", CHECK],
        cwd=settings.BASE_DIR,
        capture_output=True,
        text=True,
        check=False,
    )

    assert ended.returncode == 0, ended.stdout + ended.stderr
