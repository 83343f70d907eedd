"""Whether a kept connection still works, seen without asking the server."""

import select

from django.db.backends.postgresql import base


class DatabaseWrapper(base.DatabaseWrapper):
    """Django's wrapper; a connection on which nothing came in is taken to work.

    Django sends `SELECT 1` before the first statement of every request. A server that ends a
    connection (restart, failover, `pg_terminate_backend`) says so, and then there is something
    to read on a connection on which nothing was asked. Only then, or after an error, do we ask.
    A server that vanishes without a word is met by the next statement, as it would be by
    `SELECT 1`.
    """

    def is_usable(self) -> bool:
        """Tell whether the connection still works; asks only where there is a doubt."""
        return self._is_quiet() or super().is_usable()

    def _is_quiet(self) -> bool:
        if self.connection is None or self.connection.closed or self.errors_occurred:
            return False
        socket = select.poll()
        socket.register(self.connection.fileno(), select.POLLIN)
        return not socket.poll(0)
