"""Notices errors that the code logs, and whoever stops it from logging them."""

import logging
from types import TracebackType

OURS = ("clinic", "bookings", "treatments", "django")


class ErrorRecorder(logging.Handler):
    """Collects what is logged as an error while it is open."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(f"{record.name}: {record.getMessage()}")

    def __enter__(self) -> "ErrorRecorder":
        logging.getLogger().addHandler(self)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        logging.getLogger().removeHandler(self)


def switched_off_loggers() -> list[str]:
    """Return the loggers of ours that write nothing, or nothing that a test would see."""
    ours = (
        (name, logger)
        for name, logger in logging.root.manager.loggerDict.items()
        if name.split(".")[0] in OURS and isinstance(logger, logging.Logger)
    )
    return sorted(
        name
        for name, logger in ours
        if logger.disabled or not logger.propagate or not logger.isEnabledFor(logging.WARNING)
    )
