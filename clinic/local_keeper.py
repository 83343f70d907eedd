"""The keeper of one data folder: runs its servers until no process holds them any more.

Started by `clinic/local_stack.py`, never by hand. Prints "ready" once and nothing else.
"""

import fcntl
import json
import os
import signal
import sys
import time
from contextlib import ExitStack
from pathlib import Path

from clinic.local_servers import (
    Postgres,
    Server,
    Valkey,
    make_private_folder,
    remove_private_folder,
)
from clinic.local_stack import Stack, changing, has_holders

POLL_SECONDS = 0.2


def main(words: str) -> None:
    """Start the servers, say so, watch over them, stop them."""
    wanted = json.loads(words)
    stack = Stack(**{**wanted, "data_dir": Path(wanted["data_dir"])})
    # A closed terminal or a stray signal must not take the servers from those who hold them.
    for number in (signal.SIGHUP, signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    # Never closed: it is free when this process is gone, and not a moment before.
    lock = os.open(stack.keeper_lock, os.O_RDWR | os.O_CREAT, 0o600)
    fcntl.flock(lock, fcntl.LOCK_EX)
    keep(stack)


def keep(stack: Stack) -> None:
    """Run the servers for as long as somebody holds them and all of them live."""
    servers: list[Server] = []
    make_private_folder(stack)
    with ExitStack() as stops:
        for wanted, server in ((stack.postgres, Postgres(stack)), (stack.valkey, Valkey(stack))):
            if wanted:
                stops.callback(server.stop)
                server.start()
                servers.append(server)
        sys.stdout.write("ready\n")
        sys.stdout.close()
        while all(server.is_alive() for server in servers):
            with changing(stack):
                # Stopped inside the lock: a newcomer waits and then starts a keeper anew.
                if not has_holders(stack):
                    stops.close()
                    remove_private_folder(stack)
                    return
            time.sleep(POLL_SECONDS)
    sys.exit("a server ended by itself")


if __name__ == "__main__":
    main(sys.argv[1])
