"""The Redis cache, failing open: a broken cache is a cache that misses."""

import logging
import time
from collections.abc import Callable
from typing import Any, TypeVar

from django.core.cache.backends.redis import RedisCache
from redis.exceptions import RedisError

logger = logging.getLogger(__name__)

R = TypeVar("R")

PAUSE_SECONDS = 5.0
"""How long a process leaves a cache alone that did not answer, so that a page with ten
look-ups waits for one time-out and not for ten."""


class FailOpenRedisCache(RedisCache):
    """Answers as if nothing were stored while Redis cannot be reached."""

    def __init__(self, server: str, params: dict[str, Any]) -> None:
        super().__init__(server, params)
        self._silent_until = 0.0

    def ask_again(self) -> None:
        """Forget that the cache did not answer a moment ago."""
        self._silent_until = 0.0

    def _attempt(self, act: Callable[[], R], otherwise: R) -> R:
        if time.monotonic() < self._silent_until:
            return otherwise
        try:
            return act()
        except (RedisError, OSError) as error:
            self._silent_until = time.monotonic() + PAUSE_SECONDS
            logger.warning("cache unavailable", extra={"error": type(error).__name__})
            return otherwise

    def add(self, *args: Any, **kwargs: Any) -> bool:
        return self._attempt(lambda: super(FailOpenRedisCache, self).add(*args, **kwargs), True)

    def get(self, key: Any, default: Any = None, version: int | None = None) -> Any:
        return self._attempt(
            lambda: super(FailOpenRedisCache, self).get(key, default, version), default
        )

    def set(self, *args: Any, **kwargs: Any) -> None:
        self._attempt(lambda: super(FailOpenRedisCache, self).set(*args, **kwargs), None)

    def touch(self, *args: Any, **kwargs: Any) -> bool:
        return self._attempt(lambda: super(FailOpenRedisCache, self).touch(*args, **kwargs), False)

    def delete(self, *args: Any, **kwargs: Any) -> bool:
        return self._attempt(lambda: super(FailOpenRedisCache, self).delete(*args, **kwargs), False)

    def get_many(self, *args: Any, **kwargs: Any) -> dict[Any, Any]:
        return self._attempt(lambda: super(FailOpenRedisCache, self).get_many(*args, **kwargs), {})

    def has_key(self, *args: Any, **kwargs: Any) -> bool:
        return self._attempt(
            lambda: super(FailOpenRedisCache, self).has_key(*args, **kwargs), False
        )

    def incr(self, key: Any, delta: int = 1, version: int | None = None) -> int:
        # Counting limits see a first call: nobody is locked out because Redis is down.
        return self._attempt(
            lambda: super(FailOpenRedisCache, self).incr(key, delta, version), delta
        )

    def set_many(self, *args: Any, **kwargs: Any) -> list[Any]:
        return self._attempt(lambda: super(FailOpenRedisCache, self).set_many(*args, **kwargs), [])

    def delete_many(self, *args: Any, **kwargs: Any) -> None:
        self._attempt(lambda: super(FailOpenRedisCache, self).delete_many(*args, **kwargs), None)

    def clear(self) -> None:
        self._attempt(lambda: super(FailOpenRedisCache, self).clear(), None)
