#!/usr/bin/env python
"""Run a management command, with the embedded servers up for as long as it needs them."""

import os
import sys

from django.core.management import execute_from_command_line

from clinic import local_stack

WITHOUT_SERVERS = frozenset(
    {
        "check",
        "collectstatic",
        "compilemessages",
        "diffsettings",
        "help",
        "makemessages",
        "runstack",
        "version",
    }
)
"""Commands that touch neither the database nor the broker; runstack starts them itself."""


def main() -> None:
    """Start what the command needs, then hand over to Django."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "clinic.settings.local")
    command = sys.argv[1] if len(sys.argv) > 1 else "help"
    asks_for_help = {"-h", "--help"} & set(sys.argv[2:])
    if command not in WITHOUT_SERVERS and not command.startswith("-") and not asks_for_help:
        local_stack.ensure_or_exit()
    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
