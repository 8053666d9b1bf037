"""Digits, months and days, for all that reads dates."""

from __future__ import annotations

import datetime

FIRST_YEAR, LAST_YEAR = 1949, 2100
"""Years of bulletins; anything before or after is a slip or no year."""

DIGITS = {character: value for value, character in enumerate("〇一二三四五六七八九")} | {
    "零": 0,
    "○": 0,
    "\uff2f": 0,  # a full-width O, which NFKC makes a plain one
    "O": 0,
    "两": 2,
}
"""Chinese digits, and what is written for a zero."""

ZERO = "〇零○\uff2fO"
"""What is written for a zero in a year, for use inside ``[...]`` of a regular expression."""

MONTHS = {
    name: number
    for number, names in enumerate(
        "january jan|february feb|march mar|april apr|may|june jun|july jul|august aug|september sept sep|"
        "october oct|november nov|december dec".split("|"),
        start=1,
    )
    for name in names.split()
}
"""English months in lower case, long names first."""


def chinese_number(text: str) -> int:
    """``12``, ``十二``, ``二〇二〇`` as a number.

    Raises:
        KeyError: A character is no digit.
    """
    if text.isascii() and text.isdigit():
        return int(text)
    if "十" in text:
        tens, _, ones = text.partition("十")
        return (DIGITS[tens] if tens else 1) * 10 + (DIGITS[ones] if ones else 0)
    return int("".join(str(DIGITS[c]) for c in text))


def day(year: int, month: int, day_of_month: int) -> datetime.date | None:
    """A day of any year; None if the calendar has none."""
    try:
        return datetime.date(year, month, day_of_month)
    except ValueError:
        return None


def iso_date(year: int, month: int, day_of_month: int) -> str | None:
    """A day on which a bulletin can have come out, as an ISO date; None if there is none, or not in 1949 to 2100."""
    found = day(year, month, day_of_month)
    return found.isoformat() if found is not None and FIRST_YEAR <= year <= LAST_YEAR else None
