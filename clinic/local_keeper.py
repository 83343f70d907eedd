"""The keeper of one data folder: runs its servers until no process holds them any more.

Started by `clinic/local_stack.py`, never by hand. Prints "ready" once and nothing else.
"""

import fcntl
import json
import os
import signal
import sys
import time
from collections import deque
from contextlib import ExitStack
from pathlib import Path

from clinic.local_servers import (
    Postgres,
    Server,
    ServerFailed,
    Valkey,
    make_private_folder,
    remove_private_folder,
)
from clinic.local_stack import Stack, changing, has_holders

POLL_SECONDS = 0.2
MOST_STARTS, WITHIN_SECONDS = 20, 60.0
"""A server that ends more often than that is not started again."""


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
    """Run the servers for as long as somebody holds them; one that ended is started again."""
    servers: list[Server] = []
    starts: deque[float] = deque(maxlen=MOST_STARTS)
    make_private_folder(stack)
    with ExitStack() as stops:
        for wanted, server in ((stack.postgres, Postgres(stack)), (stack.valkey, Valkey(stack))):
            if wanted:
                stops.callback(server.stop)
                server.start()
                servers.append(server)
        sys.stdout.write("ready\n")
        sys.stdout.close()
        while True:
            with changing(stack):
                # Stopped inside the lock: a newcomer waits and then starts a keeper anew.
                if not has_holders(stack):
                    stops.close()
                    remove_private_folder(stack)
                    return
            for running in servers:
                if not running.is_alive():
                    start_again(running, starts)
            time.sleep(POLL_SECONDS)


def start_again(server: Server, starts: deque[float]) -> None:
    """Start a server that was killed or ran out of memory; what it had stored is on the disk."""
    now = time.monotonic()
    if len(starts) == MOST_STARTS and now - starts[0] < WITHIN_SECONDS:
        sys.exit("a server ends again and again")
    starts.append(now)
    name = type(server).__name__
    print(f"{name} ended by itself; it is started again", file=sys.stderr, flush=True)
    try:
        server.start()
    except ServerFailed as error:
        # What is left of a killed PostgreSQL has to end first: the next round tries again.
        print(error, file=sys.stderr, flush=True)
        time.sleep(1)


if __name__ == "__main__":
    main(sys.argv[1])
