"""Stretches of time as values, and what is left of one when others are taken out of it."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, order=True)
class Interval:
    """Hold a stretch of time `[starts_at, ends_at)`: never empty, both ends in UTC.

    Aware times of another zone are turned into UTC. Raises ValueError for a naive
    time and for an end that is not after the start.
    """

    starts_at: dt.datetime
    ends_at: dt.datetime

    def __post_init__(self) -> None:
        if self.starts_at.tzinfo is not dt.UTC:
            object.__setattr__(self, "starts_at", _in_utc(self.starts_at))
        if self.ends_at.tzinfo is not dt.UTC:
            object.__setattr__(self, "ends_at", _in_utc(self.ends_at))
        if self.ends_at <= self.starts_at:
            raise ValueError(
                f"an interval ends after it starts: {self.starts_at} to {self.ends_at}"
            )


def merge(intervals: Iterable[Interval]) -> list[Interval]:
    """Join intervals that overlap or touch; the result is ordered and has gaps between all.

    in    |--A--|        |--C--|
             |--B--|           |--D--|
    out   |--------|     |-----------|
    """
    merged: list[Interval] = []
    for interval in sorted(intervals):
        if merged and interval.starts_at <= merged[-1].ends_at:
            if interval.ends_at > merged[-1].ends_at:
                merged[-1] = Interval(merged[-1].starts_at, interval.ends_at)
        else:
            merged.append(interval)
    return merged


def subtract(whole: Interval, taken: Iterable[Interval]) -> list[Interval]:
    """List what of `whole` is free, in order; `taken` may overlap and stick out.

    whole      |-----------------|
    taken   |----|     |--|
    out          |-----|  |------|
    """
    free: list[Interval] = []
    cursor = whole.starts_at
    for busy in merge(taken):
        if busy.starts_at >= whole.ends_at:
            break
        if busy.starts_at > cursor:
            free.append(Interval(cursor, busy.starts_at))
        cursor = max(cursor, busy.ends_at)
    if cursor < whole.ends_at:
        free.append(Interval(cursor, whole.ends_at))
    return free


def _in_utc(instant: dt.datetime) -> dt.datetime:
    if instant.utcoffset() is None:
        raise ValueError(f"an interval needs times with a zone: {instant}")
    return instant.astimezone(dt.UTC)
