"""The numbers of Word's lists, which stand in no text but are counted when Word shows the file."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

_Element = Any  # lxml has no type hints

_HAN_DIGITS = "〇一二三四五六七八九"
_STEMS = "甲乙丙丁戊己庚辛壬癸"
_CIRCLED = "①②③④⑤⑥⑦⑧⑨⑩⑪⑫⑬⑭⑮⑯⑰⑱⑲⑳"
_LEVELS = 9


@dataclass(slots=True)
class _Level:
    format: str = "decimal"
    text: str = ""
    start: int = 1


@dataclass(slots=True)
class Numbering:
    """The lists of a file, and how far each has been counted."""

    lists: dict[str, tuple[str, dict[int, _Level]]] = field(default_factory=dict)
    """Identity of a list -> what it shares its count with, and its levels."""
    counts: dict[str, list[int | None]] = field(default_factory=dict)

    @classmethod
    def of(cls, root: _Element | None) -> Numbering:
        """The lists that ``numbering.xml`` defines."""
        if root is None:
            return cls()
        definitions: dict[str, dict[int, _Level]] = {}
        numbering = cls()
        for element in root.iter():
            if _tag(element) == "abstractNum":
                definitions[_get(element, "abstractNumId")] = {
                    _number(_get(level, "ilvl")): _level(level) for level in element if _tag(level) == "lvl"
                }
        for element in root.iter():
            if _tag(element) != "num":
                continue
            shared = next((_get(e, "val") for e in element if _tag(e) == "abstractNumId"), "")
            levels = dict(definitions.get(shared, {}))
            for override in element:
                if _tag(override) != "lvlOverride":
                    continue
                number = _number(_get(override, "ilvl"))
                old = levels.get(number, _Level())
                for part in override:
                    if _tag(part) == "startOverride":
                        # A list that starts anew counts for itself.
                        shared = f"{shared}/{_get(element, 'numId')}"
                        levels[number] = _Level(old.format, old.text, _number(_get(part, "val")))
                    elif _tag(part) == "lvl":
                        levels[number] = _level(part)
            numbering.lists[_get(element, "numId")] = (shared, levels)
        return numbering

    def label(self, num_id: str, level: int) -> str:
        """Count one more item of a list and give its mark, such as ``（一）`` or ``2. ``; empty for none."""
        shared, levels = self.lists.get(num_id, ("", {}))
        own = levels.get(level)
        if own is None or not 0 <= level < _LEVELS:
            return ""
        counts = self.counts.setdefault(shared, [None] * _LEVELS)
        for upper in range(level):  # a level that was jumped over counts as its first
            if counts[upper] is None:
                counts[upper] = levels.get(upper, _Level()).start
        before = counts[level]
        counts[level] = own.start if before is None else before + 1
        counts[level + 1 :] = [None] * (_LEVELS - level - 1)
        if own.format == "bullet":
            return "• "
        if own.format == "none" or not own.text:
            return ""

        def value(match: re.Match[str]) -> str:
            index = int(match[1]) - 1
            return _formatted(counts[index] or 0, levels.get(index, _Level()).format)

        label = re.sub(r"%([1-9])", value, own.text)
        return label if re.search(r"[\s、，。：）】．]$", label) else label + " "


def _level(element: _Element) -> _Level:
    level = _Level()
    for child in element:
        if _tag(child) == "numFmt":
            level.format = _get(child, "val") or "decimal"
        elif _tag(child) == "lvlText":
            level.text = _get(child, "val")
        elif _tag(child) == "start":
            level.start = _number(_get(child, "val"))
    return level


def _formatted(number: int, name: str) -> str:
    """A number in one of Word's formats; those that aren't known, and numbers below 0, in digits."""
    if number < 0:
        return str(number)
    if name in ("chineseCounting", "chineseCountingThousand", "taiwaneseCountingThousand", "taiwaneseCounting",
                "japaneseCounting", "ideographLegalTraditional", "chineseLegalSimplified"):  # fmt: skip
        return _han(number)
    if name in ("ideographDigital", "japaneseDigitalTenThousand", "taiwaneseDigital"):
        return "".join(_HAN_DIGITS[int(digit)] for digit in str(number))
    if name == "ideographTraditional" and 1 <= number <= len(_STEMS):
        return _STEMS[number - 1]
    if name in ("decimalEnclosedCircle", "decimalEnclosedCircleChinese") and 1 <= number <= len(_CIRCLED):
        return _CIRCLED[number - 1]
    if name in ("upperLetter", "lowerLetter") and 1 <= number <= 26 * 20:
        letters = chr(ord("A") + (number - 1) % 26) * ((number - 1) // 26 + 1)
        return letters if name == "upperLetter" else letters.lower()
    if name in ("upperRoman", "lowerRoman") and 1 <= number < 4000:
        return _roman(number) if name == "upperRoman" else _roman(number).lower()
    if name == "decimalZero":
        return f"{number:02}"
    if name == "decimalFullWidth":
        return "".join(chr(0xFF10 + int(digit)) for digit in str(number))
    return str(number)


def _han(number: int) -> str:
    """A number below 10,000 in Chinese: 12 is 十二, 105 is 一百零五."""
    if not 0 < number < 10_000:
        return str(number)
    text = ""
    gap = False
    for unit, name in ((1000, "千"), (100, "百"), (10, "十"), (1, "")):
        digit = number // unit % 10
        if digit:
            text += ("零" if gap and text else "") + _HAN_DIGITS[digit] + name
        gap = digit == 0
    return text.removeprefix("一") if text.startswith("一十") else text


def _roman(number: int) -> str:
    text = ""
    for value, letters in zip(
        (1000, 900, 500, 400, 100, 90, 50, 40, 10, 9, 5, 4, 1),
        "M CM D CD C XC L XL X IX V IV I".split(),
        strict=True,
    ):
        text += letters * (number // value)
        number %= value
    return text


def _tag(element: _Element) -> str:
    return element.tag.rpartition("}")[2] if isinstance(element.tag, str) else ""


def _get(element: _Element, name: str) -> str:
    return next((value for key, value in element.attrib.items() if key.rpartition("}")[2] == name), "")


def _number(text: str) -> int:
    return int(text) if re.fullmatch(r"-?\d{1,6}", text) else 0
