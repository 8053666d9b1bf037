"""Take out what isn't part of a bulletin: navigation, share bars, counters, filing numbers, markup.

A line is dropped as a whole, with a reason, or kept; what is kept stays verbatim but for white space, invisible
characters, markup, and pinyin that a scraper put after each character. Cleaning twice is the same as cleaning
once. What a line says is judged in ``indexer.ingest.clutter``; what its neighbours and its place say, here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import accumulate

from indexer.ingest.clutter import (
    awaits_number,
    awaits_title,
    form,
    heads_other_news,
    is_appeal,
    is_attachment,
    is_body,
    is_column,
    is_entry,
    is_footer,
    is_near_footer,
    is_next,
    is_previous,
    is_sentence,
    may_be_clutter,
    may_be_menu_item,
    reason_alone,
)
from indexer.ingest.markup import count_pinyin, is_blank, is_only_markup, strip_line, strip_pinyin
from indexer.language.regex import regex
from indexer.types import Line, Removed

_MIN_PINYIN = 3
"""Pinyin notes in a document from which they are a scraper's, not a writer's on a rare character."""

_MIN_MENU = 3
"""Entries that make a menu, or on each side of a line make it one too."""

_NEAR = 8
"""Lines before and after in which such entries are looked for."""

_MAX_FOOTER = 30
"""Lines after a footer's surest line that may still belong to it."""

_MAX_APPEAL = 8
"""Lines at the end in which a site asks for subscriptions."""

# Headings that formats without styles don't mark: "第一章 总则", "一、总体要求", "Chapter 2 ...".
_HAN = "\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_CHAPTER = regex(r"第[一二三四五六七八九十百零〇\d]{1,4}[编編章节節](?![^\s\u3000]*[，。；])")
_NUMBERED_HEADING = regex(
    rf"[一二三四五六七八九十]{{1,3}}、|\d{{1,2}}(?:\.\d{{1,2}}){{1,3}}[ \u3000][{_HAN}、（）]{{4,24}}$"
)
_BRACKETED = regex(r"【[^【】]{2,20}】")
_SENTENCE_END = regex(r"[。！？；，、：.!?;:,…]$")


@dataclass(frozen=True, slots=True)
class CleanedLines:
    """What is left of a file's lines, and what was learnt from the rest.

    Attributes:
        lines: The lines to keep, without empty ones.
        removed: The others, each with the reason; empty ones aren't listed.
        url: Address of the original, where a link said so.
    """

    lines: tuple[Line, ...]
    removed: tuple[Removed, ...]
    url: str | None = None

    @property
    def dropped(self) -> tuple[Line, ...]:
        """Removed lines that say something, without their markup; they may tell date and source."""
        return tuple(removed.line for removed in self.removed if removed.reason != "markup")


@dataclass(slots=True)
class _Present:
    """A line that is still there, and what the rules ask of it."""

    line: Line
    linked: bool
    alone: bool = False
    shape: str = ""  # its form, where it stands alone and may be clutter
    sentence: bool = False
    body: bool = False
    reason: str | None = None


def clean_lines(lines: Sequence[Line]) -> CleanedLines:
    """Drop clutter and markup, normalise white space.

    A line that goes on with a paragraph is judged only by its markup: half of a sentence may look like
    anything.
    """
    stripped = [strip_line(line.text) for line in lines]
    texts = [s.text for s in stripped]
    if sum(map(count_pinyin, texts)) >= _MIN_PINYIN:
        texts = [strip_pinyin(text) for text in texts]
    removed: list[Removed] = []
    present: list[_Present] = []
    broken = True  # whether the line before is missing, so that nothing can go on with it
    for line, s, text in zip(lines, stripped, texts, strict=True):
        if is_only_markup(text):
            if not is_blank(line.text):
                removed.append(Removed(line, "link" if s.url else "markup"))
            broken = True
            continue
        present.append(
            _Present(
                replace(
                    line,
                    text=text,
                    heading=line.heading or s.heading,
                    separator="\n" if broken else line.separator,
                ),
                s.linked,
            )
        )
        broken = False
    _look(present)
    # Once a line is gone its neighbours may show what they are; what is left stays when cleaned again.
    while _judge(present):
        removed += [Removed(p.line, p.reason) for p in present if p.reason]
        present = [p for p in present if not p.reason]
    return CleanedLines(
        lines=tuple(replace(p.line, heading=p.line.heading or _is_heading(p.line.text)) for p in present),
        removed=tuple(sorted(removed, key=lambda r: (r.line.page or 0, r.line.number))),
        url=next((s.url for s in stripped if s.url), None),
    )


def _look(lines: Sequence[_Present]) -> None:
    """What each line is by itself, and its reason if that is enough."""
    for index, p in enumerate(lines):
        text = p.line.text
        following = lines[index + 1].line.separator if index + 1 < len(lines) else "\n"
        p.alone = p.line.separator == "\n" and following == "\n"
        p.sentence = not p.alone or is_sentence(text)
        p.body = not p.alone or is_body(text)
        if p.alone and may_be_clutter(text):
            p.shape = form(text)
            p.reason = reason_alone(text, p.shape)
            if p.reason is None and not p.sentence and is_footer(p.shape):
                p.reason = "footer"


def _judge(lines: Sequence[_Present]) -> bool:
    """Give clutter that its place or its neighbours betray its reason; whether there is any clutter at all."""
    body = [index for index, p in enumerate(lines) if p.body and not p.reason]
    first, last = (body[0], body[-1]) if body else (len(lines), -1)
    _judge_footers(lines, last)
    _judge_menus(lines, range(first))
    _judge_menus(lines, range(last + 1, len(lines)))
    _judge_amid_menus(lines, last)
    _judge_columns(lines, first)
    _judge_neighbours(lines, last)
    _judge_other_news(lines, last)
    for p in lines[-_MAX_APPEAL:]:
        if p.alone and not p.reason and is_appeal(p.shape or form(p.line.text)):
            p.reason = "prompt"
    return any(p.reason for p in lines)


def _judge_footers(lines: Sequence[_Present], last: int) -> None:
    """Lines beside a footer's, and all that come after one below the last sentence."""
    for order in (range(1, len(lines)), range(len(lines) - 2, -1, -1)):
        before = -1 if order.step == 1 else 1
        for index in order:
            p = lines[index]
            if (
                lines[index + before].reason == "footer"
                and p.alone
                and not p.reason
                and is_near_footer(p.shape)
            ):
                p.reason = "footer"
    start = next((i for i in range(last + 1, len(lines)) if lines[i].reason == "footer"), len(lines))
    if len(lines) - start <= _MAX_FOOTER:
        for p in lines[start:]:
            if not p.reason and not p.sentence and not is_attachment(p.shape):
                p.reason = "footer"


def _judge_menus(lines: Sequence[_Present], zone: range) -> None:
    """Menus above the first sentence or below the last: entries one below the other, and what is between them."""
    links = [p.linked and may_be_menu_item(p.shape) for p in lines]
    for run in _runs(zone, links):
        if len(run) > _MIN_MENU:
            for i in run:
                lines[i].reason = lines[i].reason or "navigation"
    entry = [_may_be_listed(p) and is_entry(p.shape) for p in lines]
    for run in _runs(zone, entry):
        if len(run) >= _MIN_MENU or any(lines[i].reason for i in run) or _is_menu_line(lines[run[0]]):
            for i in run:
                lines[i].reason = lines[i].reason or "navigation"


def _judge_amid_menus(lines: Sequence[_Present], last: int) -> None:
    """Short lines with entries of menus on both sides; below the last sentence all that follows a long menu."""
    entry = [_may_be_listed(p) and (p.reason == "navigation" or is_entry(p.shape)) for p in lines]
    near = [0, *accumulate(entry)]
    start = len(lines)
    for i, p in enumerate(lines):
        before, after = near[i] - near[max(0, i - _NEAR)], near[min(len(lines), i + 1 + _NEAR)] - near[i + 1]
        if _may_be_listed(p) and may_be_menu_item(p.shape) and min(before, after) >= _MIN_MENU:
            p.reason = p.reason or "navigation"
            start = min(start, i) if i > last else start
    for p in lines[start:]:
        if not p.reason and not p.sentence and not is_attachment(p.shape):
            p.reason = "navigation"


def _may_be_listed(p: _Present) -> bool:
    return p.alone and not p.line.heading and bool(p.shape)


def _is_menu_line(p: _Present) -> bool:
    """Whether several entries stand on one line."""
    return is_entry(p.shape) and len(p.shape.split()) >= _MIN_MENU


def _judge_columns(lines: Sequence[_Present], first: int) -> None:
    """Names of columns above the title, which is the first line before the body that is neither."""
    named = [_may_be_listed(p) and is_column(p.shape) for p in lines[:first]]
    title = next((i for i in range(first) if not lines[i].reason and not named[i]), None)
    if title is None:
        return  # then the column's name is all that this text has for a title
    for p in [p for p, is_named in zip(lines[:title], named, strict=False) if is_named]:
        p.reason = p.reason or "navigation"


def _runs(zone: range, wanted: Sequence[bool]) -> list[range]:
    """The unbroken runs of wanted lines in a zone."""
    runs = []
    start = None
    for i in [*zone, zone.stop]:
        if i < zone.stop and wanted[i]:
            start = i if start is None else start
        elif start is not None:
            runs.append(range(start, i))
            start = None
    return runs


def _judge_neighbours(lines: Sequence[_Present], last: int) -> None:
    """What only the line before or after shows to be a link to a neighbour, or a counter's number."""
    for index, p in enumerate(lines):
        if not p.alone:
            continue
        following = lines[index + 1] if index + 1 < len(lines) else None
        if following is None or not following.alone:
            continue
        if not p.reason and not following.reason:
            if (is_previous(p.shape) and is_next(following.shape)) or (
                is_next(p.shape) and is_previous(following.shape)
            ):
                p.reason = following.reason = "neighbours"
        elif (
            p.reason == "counter" and awaits_number(p.shape) and following.shape.replace(",", "").isdecimal()
        ):
            following.reason = following.reason or "counter"
        elif index > last and awaits_title(p.shape) and not following.reason and not following.sentence:
            following.reason = "neighbours"


def _judge_other_news(lines: Sequence[_Present], last: int) -> None:
    """Titles under a heading such as "related news", or each with its date below, if only clutter comes after."""
    heads = [i for i, p in enumerate(lines) if p.alone and p.shape and heads_other_news(p.shape)]
    for head in heads:
        end = head + 1
        while end < len(lines) and not lines[end].sentence and not lines[end].reason:
            end += 1
        if end == len(lines) or lines[end].reason:
            for p in lines[head:end]:
                p.reason = p.reason or "other news"
    dated = [
        i for i in range(last + 2, len(lines)) if lines[i].reason == "date line" and not lines[i - 1].reason
    ]
    for i in dated:
        if i - 2 in dated or i + 2 in dated:
            lines[i - 1].reason = "other news"


def _is_heading(text: str) -> bool:
    if len(text) > 40 or _SENTENCE_END.search(text):
        return False
    return bool(
        _CHAPTER.match(text)
        or (_NUMBERED_HEADING.match(text) and len(text) <= 30)
        or _BRACKETED.fullmatch(text)
    )
