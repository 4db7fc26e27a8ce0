"""Numbers, dates and yes or no as people write them in a cell."""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from decimal import Decimal

NOTHING = frozenset({"-", "--", "—", "——", "/", "\\", "无", "N/A", "n/a"})
"""What stands in cells for dates and numbers where there is none."""

_YES, _NO = (
    frozenset({"是", "√", "✓", "✔", "Y", "YES", "TRUE"}),
    frozenset({"否", "×", "✗", "✘", "N", "NO", "FALSE"}),
)

_SPACE = re.compile(r"\s+")
_DATE = re.compile(
    r"(?P<year>[0-9]{4})(?:"
    r"(?P<sep>[-/.])(?P<month>[0-9]{1,2})(?P=sep)(?P<day>[0-9]{1,2})"
    r"|年(?P<month_zh>[0-9]{1,2})月(?P<day_zh>[0-9]{1,2})[日号]"
    r"|(?P<month_8>[0-9]{2})(?P<day_8>[0-9]{2})"
    r")(?:[T ](?:[01]?[0-9]|2[0-3]):[0-5][0-9](?::[0-5][0-9](?:\.[0-9]+)?)?)?"
)
_SERIAL = re.compile(r"([0-9]{5})(?:\.[0-9]+)?")
_NUMERAL_DATE = re.compile(
    r"([〇○零一二三四五六七八九]{4})年([一二三四五六七八九十]{1,3})月([一二三四五六七八九十]{1,3})[日号]"
)
_DIGITS = {digit: place for place, digit in enumerate("〇一二三四五六七八九")} | {"○": 0, "零": 0}
_TENS = 10

# Excel counts days from here, for every day after February 1900.
_SERIAL_START = dt.date(1899, 12, 30)
# 1982 to 2064: other whole numbers in a date column are slips, not days.
_FIRST_SERIAL, _LAST_SERIAL = 30_000, 60_000
_FIRST_YEAR, _LAST_YEAR = 1900, 2099

_NUMBER = re.compile(
    r"(?P<digits>[-+]?(?:[0-9]{1,3}(?:,[0-9]{3})+|[0-9]+)(?:\.[0-9]*)?|[-+]?\.[0-9]+)"
    r"(?P<exponent>[eE][-+]?[0-9]{1,3})? *(?P<tail>[^0-9., ]*)"
)
_TIMES = {
    "": 1,
    "千": 1_000,
    "万": 10_000,
    "百万": 1_000_000,
    "千万": 10_000_000,
    "亿": 100_000_000,
}
_PERCENT = "%"


def plain(text: str) -> str:
    """Return a text with full-width letters and digits made ordinary and all white space removed."""
    return _SPACE.sub("", unicodedata.normalize("NFKC", text))


def read_date(text: str) -> dt.date | None:
    """Read a day; None where the text is none or leaves open which one is meant.

    Taken: 2011-9-30, 2011/9/30, 2011.9.30, 20110930, 2011年9月30日, 二〇一一年九月三十日, each also in
    full-width digits and with a time of day behind it, and Excel's own number of a day (40816).
    """
    tidy = unicodedata.normalize("NFKC", text).strip().replace("。", ".")
    found = _DATE.fullmatch(_SPACE.sub(" ", tidy))
    if not found and ":" not in tidy:
        found = _DATE.fullmatch(_SPACE.sub("", tidy))
    if found:
        parts = found.groupdict()
        month = parts["month"] or parts["month_zh"] or parts["month_8"]
        day = parts["day"] or parts["day_zh"] or parts["day_8"]
        return _day(int(parts["year"]), int(month), int(day))
    tidy = _SPACE.sub("", tidy)
    if found := _SERIAL.fullmatch(tidy):
        serial = int(found[1])
        if _FIRST_SERIAL <= serial <= _LAST_SERIAL:
            return _SERIAL_START + dt.timedelta(days=serial)
        return None
    if found := _NUMERAL_DATE.fullmatch(text.strip()):
        year = int("".join(str(_DIGITS[digit]) for digit in found[1]))
        return _day(year, _small(found[2]), _small(found[3]))
    return None


def _day(year: int, month: int, day: int) -> dt.date | None:
    if not _FIRST_YEAR <= year <= _LAST_YEAR:
        return None
    try:
        return dt.date(year, month, day)
    except ValueError:
        return None


def _small(numeral: str) -> int:
    """Read 一 to 三十一; 0, which is no day, where the signs do not make a number."""
    tens, ten, ones = numeral.partition("十")
    if not ten:
        return _DIGITS[numeral] if len(numeral) == 1 else 0
    if len(tens) > 1 or len(ones) > 1 or ones == "十":
        return 0
    return (_DIGITS[tens] if tens else 1) * _TENS + (_DIGITS[ones] if ones else 0)


def read_number(text: str, unit: str | None) -> float | None:
    """Read a number in a column's unit; None where the text is none.

    Taken: 1,234.5, full-width digits, 98.5% (98.5 in a column of percent, else 0.985), 3.5万 and
    1.2亿, and the column's own unit behind the number. A 万 that belongs to the unit (3.5万 or
    3.5万元 in a column of 万元) changes nothing.
    """
    found = _NUMBER.fullmatch(unicodedata.normalize("NFKC", text).strip())
    if not found:
        return None
    factor = _factor(found["tail"], plain(unit or ""))
    if factor is None:
        return None
    number = Decimal(found["digits"].replace(",", "") + (found["exponent"] or "")) * factor
    value = float(number)
    return value if abs(value) != float("inf") else None


def _factor(tail: str, unit: str) -> Decimal | None:
    """Return by what a number with this tail is multiplied to stand in the unit."""
    if tail in {"", unit}:
        return Decimal(1)
    if tail == _PERCENT:
        return None if unit else Decimal("0.01")
    own, base = _split(unit)
    times, rest = _split(tail)
    if rest not in {"", base}:
        return None
    return Decimal(_TIMES[times]) / Decimal(_TIMES[own])


def _split(tail: str) -> tuple[str, str]:
    """Split 万元 into 万 and 元."""
    times = max((word for word in _TIMES if tail.startswith(word)), key=len)
    return times, tail[len(times) :]


def read_flag(text: str) -> str | None:
    """Read 是 or 否, also as a tick, a cross or Excel's TRUE and FALSE."""
    word = plain(text).upper()
    return "是" if word in _YES else "否" if word in _NO else None
