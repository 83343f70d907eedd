"""Tells the processes of a worker that it was asked to stop, so that long work ends early.

Celery says it to the worker's main process alone; the others share one byte with it.
"""

import ctypes
from multiprocessing.sharedctypes import RawValue
from typing import Any

from celery.signals import worker_init, worker_shutting_down

_asked: Any = None


@worker_init.connect
def share(**signal: object) -> None:
    """Have the byte before the worker starts its processes."""
    global _asked
    _asked = RawValue(ctypes.c_bool, False)


@worker_shutting_down.connect
def ask(**signal: object) -> None:
    """Ask all processes of this worker to come to an end."""
    if _asked is not None:
        _asked.value = True


def is_stopping() -> bool:
    """Tell whether the worker of this process was asked to stop."""
    return _asked is not None and bool(_asked.value)
