"""Cut a document into passages: whole sentences, kept with what they belong to."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise
from math import inf
from typing import Literal

from indexer.ingest.sentences import SENTENCE, clauses, sentences, trimmed
from indexer.language.detect import detect_lang, detect_script
from indexer.language.regex import regex
from indexer.types import CountTokens, Document, Lang, Passage, Script, Span

MAX_TOKENS = 480
"""Most tokens of a passage with its context; models read 512, with a prefix and special tokens."""

CONTEXT_TOKENS = 40
"""Tokens of title and headings before a passage, at most."""

LEAD_TOKENS = 60
"""Tokens, at most, of what leads in where a passage starts: a table's header row, the sentence before a list."""

_TOLERANCE = 1.25
"""By how much a passage may exceed the budget rather than cut a sentence or leave a rest of a few words."""

_TINY_RUN = 25
"""Tokens below which lines in the other language make no passage of their own: names, glossary entries."""

_MAX_SENTENCE = 4000
"""Characters above which a sentence is cut without counting its tokens: it has no sentence structure."""

_MAX_CAPTION = 60
"""Characters above which a line before a table isn't its caption."""

# What a division into passages costs; the least is taken. A passage costs 1 - fill squared below its budget, plus:
_PASSAGE = 0.3  # each passage
_OVERFULL = 1.0  # a passage at the tolerance
_HEADING_INSIDE, _ARTICLE_INSIDE = 1.0, 0.4  # a heading or an article that starts within a passage
_AFTER_HEADING = 8.0  # a heading cut from what it heads
_AFTER_LEAD = 3.0  # a lead-in ("… as follows:") cut from its first item, a table's header from its first row
_IN_WRAPPED = 1.5  # a line cut from the one that goes on with its sentence
_BETWEEN_PARAGRAPHS, _BETWEEN_ITEMS, _BETWEEN_SENTENCES = 0.1, 0.2, 0.4
_IN_SENTENCE = (2.0, 1.7, 1.4, 1.1, 0.9, 0.7)  # by the strength of the mark, see sentences.clauses

Kind = Literal["text", "heading", "article", "item", "row"]

_ARTICLE = regex(
    r"第[一二三四五六七八九十百千零〇\d]+[条條]|Article\s+\d+|第[一二三四五六七八九十百零〇\d]+[章节節编編]"
)
_ITEM = regex(
    r"[-*+•·●○■□◆◇▪▸►–—]\s*\S|[（(][一二三四五六七八九十\d]{1,3}[)）]|\d{1,3}(?:[、）)．]|\.(?!\d))|[①-⑳]|"
    r"[一二三四五六七八九十]{1,3}、|第[一二三四五六七八九十]{1,3}[项項]|[（(]?[a-zA-Z][)）]|[a-z]\.\s|"
    r"[（(]?[ivx]{1,4}[)）.]\s"
)
_ROW = regex(r"\s\|\s|^\|\s|\s\|$")
_LEADS = regex(r"[：:]$|[—–]$|(?:如下|as follows|the following)[。.]?$")
_COMPLETE = regex(r"[。！？；：…”’」』）】》.!?;:\"')\]|]\s*$")
_NO_HEADING = regex(r"[。！？；，,.!?;：:]\s*$|\A[-*+•|]|[|\t]|\A\W*\Z")

# Ranks of headings, the highest first; one without a mark stands between a section (节) and "一、".
_RANKS = tuple(
    regex(pattern, re.I)
    for pattern in (
        r"第\S{1,4}[编編卷]|Part\s",
        r"第\S{1,4}章|Chapter\s",
        r"第\S{1,4}[节節]|Section\s",
        r"(?!)",
        r"[一二三四五六七八九十]{1,3}[、.．\s]|[IVX]{1,4}[.、]\s",
        r"[（(][一二三四五六七八九十]{1,3}[)）]",
        r"\d{1,2}(?:[、.．]|\s)(?!\d)",
        r"\d{1,2}\.\d{1,2}(?!\.?\d)|[（(]\d{1,2}[)）]",
        r"\d{1,2}\.\d{1,2}\.\d|[①-⑳]",
    )
)
_UNMARKED = 3
_GUESSED = len(
    _RANKS
)  # of a line that only looks like a heading: it stays with what follows, but names no section


@dataclass(slots=True, eq=False)
class _Paragraph:
    """A line of the clean text, or what one that was skipped leaves of it."""

    start: int
    end: int
    lang: Lang
    stretch: int  # of lines between two that were skipped
    kind: Kind = "text"
    rank: int = 0  # of a heading
    leads: bool = False  # what follows belongs to it
    wraps: bool = False  # its sentence goes on in the next
    lead: _Paragraph | None = None  # the first row of its table, or the sentence before its list
    n_tokens: int = 0


@dataclass(slots=True, eq=False)
class _Unit:
    """A sentence, or a piece of one that is longer than a passage."""

    start: int
    end: int
    paragraph: _Paragraph
    first: bool  # in its paragraph
    strength: int = SENTENCE  # of its end
    n_tokens: int = 0


def chunk(
    document: Document,
    count_tokens: CountTokens,
    budget: int = 200,
    overlap_sentences: int = 1,
    skip: Collection[int] = frozenset(),
) -> list[Passage]:
    """Cut a document into passages of about ``budget`` tokens.

    Passages are in order, end at ends of sentences (only a sentence longer than ``budget`` is cut) and together
    cover every line that isn't skipped. Headings, lead-ins and headers of tables stay with what follows them;
    rows of tables stay whole; paragraphs, articles and lists do where that costs little. A passage holds one
    language where lines of two alternate.

    Args:
        document: A document; its spans must be in order.
        count_tokens: Counts the embedding model's tokens; called twice at most for a document.
        budget: Tokens of a passage without its context. A passage may have a quarter more.
        overlap_sentences: Sentences of the passage before that a passage repeats where it goes on with the same
            section, as far as ``MAX_TOKENS`` allows.
        skip: Indices of ``document.spans`` whose lines make no passages; no passage reaches over one.

    Raises:
        ValueError: ``budget`` isn't between 20 and 320.
    """
    if not 20 <= budget <= 320:
        raise ValueError(f"budget is {budget} tokens; it must be between 20 and 320")
    if overlap_sentences < 0:
        raise ValueError(f"overlap_sentences is {overlap_sentences}; it can't be negative")
    paragraphs = _paragraphs(document, skip)
    title = " ".join((document.title or "").split())
    units, title_tokens = _units(document.text, paragraphs, title, count_tokens, budget)
    groups = _pack(units, budget)
    return list(_passages(document, paragraphs, groups, (title, title_tokens), overlap_sentences))


# Paragraphs: what each line is


def _paragraphs(document: Document, skip: Collection[int]) -> list[_Paragraph]:
    text = document.text
    skipped = [(document.spans[i].start, document.spans[i].end) for i in sorted(set(skip))]
    headings = {span.start for span in document.spans if span.heading}
    paragraphs: list[_Paragraph] = []
    lang = document.lang
    for start, end in _lines(text, skipped):
        line = text[start:end]
        if not line.strip():
            continue
        lang = detect_lang(line, default=lang)
        stretch = bisect_right(skipped, (start, start))
        paragraph = _Paragraph(start, end, lang, stretch, leads=bool(_LEADS.search(line.rstrip())))
        if start in headings or (not paragraphs and line.strip() == document.title):
            paragraph.kind, paragraph.rank = "heading", _rank(line.lstrip())
        elif _ROW.search(line):
            paragraph.kind = "row"
        elif _ARTICLE.match(line.lstrip()):
            paragraph.kind = "article"
        elif _ITEM.match(line.lstrip()):
            paragraph.kind = "item"
        paragraphs.append(paragraph)
    for one, following in pairwise(paragraphs):
        if one.kind == "text" and one.stretch == following.stretch and _heads(text, one, following):
            one.kind, one.rank = "heading", _GUESSED
        one.wraps = one.stretch == following.stretch and _wraps(text, one, following)
    _mark_tables(text, paragraphs)
    _mark_lists(text, paragraphs)
    return paragraphs


def _lines(text: str, skipped: Sequence[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """The lines, or what the skipped ones leave of them."""
    for (_, start), (last, _) in pairwise([(0, 0), *skipped, (len(text), len(text))]):
        while start <= last:
            end = text.find("\n", start, last)
            end = last if end < 0 else end
            yield start, end
            start = end + 1


def _heads(text: str, one: _Paragraph, following: _Paragraph) -> bool:
    """Whether a short line without a full stop precedes a long paragraph: a heading that nobody marked."""
    length = one.end - one.start
    if length > (30 if one.lang == "zh" else 100) or _NO_HEADING.search(text[one.start : one.end]):
        return False
    return following.end - following.start >= max(3 * length, 60 if one.lang == "zh" else 150)


def _wraps(text: str, one: _Paragraph, following: _Paragraph) -> bool:
    """Whether a sentence goes on in the next line, in files whose lines are broken for show."""
    if one.kind in ("heading", "row") or following.kind != "text":
        return False
    line = text[one.start : one.end].rstrip()
    if line[-1] in "，、," or text[following.start : following.end].lstrip()[:1].islower():
        return True
    return len(line) >= (25 if one.lang == "zh" else 50) and not _COMPLETE.search(line)


def _rank(heading: str) -> int:
    return next((rank for rank, pattern in enumerate(_RANKS) if pattern.match(heading)), _UNMARKED)


def _mark_tables(text: str, paragraphs: Sequence[_Paragraph]) -> None:
    """Find the header of each row and the caption of each table; a line with bars that stands alone is text."""
    before: _Paragraph | None = None
    for (kind, stretch), lines in groupby(paragraphs, key=lambda p: (p.kind, p.stretch)):
        header, *rows = lines
        if kind == "row" and rows:
            header.leads = True
            for row in rows:
                # A table is not cut where its rows alternate between languages.
                row.lead, row.leads, row.lang = header, False, header.lang
            if before and before.stretch == stretch and before.end - before.start <= _MAX_CAPTION:
                before.leads |= not _COMPLETE.search(text[before.start : before.end])
        elif kind == "row":
            header.kind = "text"
        before = rows[-1] if rows else header


def _mark_lists(text: str, paragraphs: Sequence[_Paragraph]) -> None:
    """Find what leads in each item of a list, in lists within lists too."""
    leads: list[_Paragraph] = []
    stretch = 0
    for paragraph in paragraphs:
        if paragraph.kind == "item" and paragraph.stretch == stretch:
            paragraph.rank = _rank(text[paragraph.start : paragraph.end].lstrip())
            while leads and leads[-1].kind == "item" and leads[-1].rank >= paragraph.rank:
                leads.pop()
            paragraph.lead = leads[-1] if leads else None
        else:
            leads, stretch = [], paragraph.stretch
        if paragraph.leads and paragraph.kind not in ("heading", "row"):
            leads.append(paragraph)


# Units: sentences and their tokens


def _units(
    text: str, paragraphs: Sequence[_Paragraph], title: str, count_tokens: CountTokens, budget: int
) -> tuple[list[_Unit], int]:
    """The document's sentences with their numbers of tokens, those above the budget in pieces; the title's tokens."""
    units: list[_Unit] = []
    for paragraph in paragraphs:
        whole = paragraph.kind in ("row", "heading")
        split = trimmed if whole else sentences
        for index, (a, b) in enumerate(split(text, paragraph.start, paragraph.end)):
            units.append(_Unit(a, b, paragraph, index == 0))
    counted = [unit for unit in units if unit.end - unit.start <= _MAX_SENTENCE]
    counts = iter(_counts(count_tokens, [title] + [text[u.start : u.end] for u in counted]))
    title_tokens = next(counts)
    for unit, n_tokens in zip(counted, counts, strict=True):
        unit.n_tokens = n_tokens
    units = _cut_long(text, units, count_tokens, budget)
    for unit in units:
        unit.paragraph.n_tokens += unit.n_tokens
    _smooth_languages(paragraphs)
    return units, title_tokens


def _counts(count_tokens: CountTokens, texts: list[str]) -> list[int]:
    return count_tokens(texts) if texts else []


def _cut_long(text: str, units: list[_Unit], count_tokens: CountTokens, budget: int) -> list[_Unit]:
    """Cut sentences above the budget at the marks inside them; where there are none, at characters.

    A token is nearly always a character or more, so that pieces of ``budget`` characters fit into a passage.
    """
    result: list[_Unit] = []
    pieces: list[_Unit] = []
    for unit in units:
        if unit.n_tokens <= budget * _TOLERANCE and unit.end - unit.start <= _MAX_SENTENCE:
            result.append(unit)
            continue
        for index, (a, b, strength) in enumerate(clauses(text, unit.start, unit.end, budget)):
            pieces.append(_Unit(a, b, unit.paragraph, unit.first and index == 0, strength))
            result.append(pieces[-1])
    for piece, n_tokens in zip(
        pieces, _counts(count_tokens, [text[p.start : p.end] for p in pieces]), strict=True
    ):
        piece.n_tokens = n_tokens
    return result


def _smooth_languages(paragraphs: Sequence[_Paragraph]) -> None:
    """Give headings the language of what follows, and short runs of lines that of the run before.

    A passage in one language may then hold a name or a heading in the other.
    """
    for one, following in reversed(list(pairwise(paragraphs))):
        if one.kind == "heading":
            one.lang = following.lang
    runs = [list(run) for _, run in groupby(paragraphs, key=lambda p: p.lang)]
    for index, run in enumerate(runs):
        if len(runs) == 1 or sum(p.n_tokens for p in run) >= _TINY_RUN:
            continue
        neighbour = runs[index - 1][-1] if index else runs[index + 1][0]
        for paragraph in run:
            paragraph.lang = neighbour.lang


# Passages: the division that costs least


def _pack(units: Sequence[_Unit], budget: int) -> list[Sequence[_Unit]]:
    """Group units into passages, by dynamic programming over where passages end."""
    n = len(units)
    most = budget * _TOLERANCE
    pairs = list(pairwise(units))
    tokens = [unit.n_tokens for unit in units]
    heading = [unit.paragraph.kind == "heading" for unit in units]
    cut = [_cost_of_cut(a, b) for a, b in pairs] + [0.0]  # of ending a passage with each unit
    inside = [0.0] + [_cost_inside(a, b) for a, b in pairs]  # of going on from the unit before
    apart = [True] + [not _may_join(a, b) for a, b in pairs]
    best = [0.0] + [inf] * n  # costs of the first units
    start_of = [0] * (n + 1)
    for start in range(n):
        size, cost_so_far, only_headings = 0, best[start] + _PASSAGE, True
        for end in range(start, n):
            size += tokens[end]
            if end > start:
                # What is headed may be a sentence of the greatest length.
                if apart[end] or (size > most and not (only_headings and size <= most + _TINY_RUN)):
                    break
                cost_so_far += inside[end]
            only_headings = only_headings and heading[end]
            fill = size / budget
            cost = cost_so_far + cut[end]
            cost += (1 - fill) ** 2 if fill < 1 else _OVERFULL * (fill - 1) / (_TOLERANCE - 1)
            if cost < best[end + 1]:
                best[end + 1], start_of[end + 1] = cost, start
    groups = []
    end = n
    while end:
        groups.append(units[start_of[end] : end])
        end = start_of[end]
    return groups[::-1]


def _may_join(a: _Unit, b: _Unit) -> bool:
    return a.paragraph.lang == b.paragraph.lang and a.paragraph.stretch == b.paragraph.stretch


def _cost_of_cut(a: _Unit, b: _Unit) -> float:
    """What it costs to end a passage between two units."""
    if not _may_join(a, b):
        return 0.0
    if a.strength < SENTENCE:
        return _IN_SENTENCE[a.strength]
    one, following = a.paragraph, b.paragraph
    if one is following:
        return _BETWEEN_SENTENCES
    if one.kind == "heading":
        empty = following.kind == "heading" and following.rank <= one.rank  # as in a table of contents
        return _BETWEEN_ITEMS if empty else _AFTER_HEADING
    if one.leads:
        return _AFTER_LEAD
    if one.wraps:
        return _IN_WRAPPED
    return _BETWEEN_ITEMS if following.kind in ("item", "row") else _BETWEEN_PARAGRAPHS


def _cost_inside(a: _Unit, b: _Unit) -> float:
    """What it costs that a passage goes on from one unit to the next."""
    if a.paragraph.kind == "heading" or not b.first:
        return 0.0
    return {"heading": _HEADING_INSIDE, "article": _ARTICLE_INSIDE}.get(b.paragraph.kind, 0.0)


def _passages(
    document: Document,
    paragraphs: Sequence[_Paragraph],
    groups: Sequence[Sequence[_Unit]],
    title: tuple[str, int],
    overlap: int,
) -> Iterator[Passage]:
    text = document.text
    starts = [span.start for span in document.spans]
    script: Script = detect_script(text[:_MAX_SENTENCE])
    path = _Path(text, title, paragraphs)
    for ordinal, group in enumerate(groups):
        repeated = _repeated(groups[ordinal - 1] if ordinal else (), group, overlap)
        start, end = (*repeated, *group)[0].start, group[-1].end
        n_tokens = sum(unit.n_tokens for unit in (*repeated, *group))
        first, last = _span_at(document.spans, starts, start), _span_at(document.spans, starts, end - 1)
        lang = detect_lang(text[start:end], default=group[0].paragraph.lang)
        yield Passage(
            doc_id=document.doc_id,
            ordinal=ordinal,
            lang=lang,
            start=start,
            end=end,
            text=text[start:end],
            context=path.context((*repeated, *group)[0], MAX_TOKENS - n_tokens),
            page=first.page if first else None,
            page_end=last.page if last else None,
            line=first.number if first else None,
            line_end=last.number if last else None,
            script=_script(text[start:end], lang, script),
        )


def _repeated(before: Sequence[_Unit], group: Sequence[_Unit], overlap: int) -> Sequence[_Unit]:
    """The sentences of the passage before that a passage repeats."""
    if (
        not overlap
        or not before
        or group[0].paragraph.kind == "heading"
        or not _may_join(before[-1], group[0])
    ):
        return ()
    room = MAX_TOKENS - CONTEXT_TOKENS - LEAD_TOKENS - sum(unit.n_tokens for unit in group)
    n = 0
    while n < min(overlap, len(before) - 1):
        unit = before[-1 - n]
        room -= unit.n_tokens
        if room < 0 or unit.paragraph.kind in ("heading", "row"):
            break
        n += 1
    return before[len(before) - n :]


def _script(text: str, lang: Lang, default: Script) -> Script:
    if lang == "en":
        return "Latn"
    script = detect_script(text, default="Hant" if default == "Hant" else "Hans")
    return "Hans" if script == "Latn" else script


def _span_at(spans: Sequence[Span], starts: Sequence[int], offset: int) -> Span | None:
    index = bisect_right(starts, offset) - 1
    return spans[index] if index >= 0 else None


# Context


class _Path:
    """The title and headings that stand over each place of a document."""

    def __init__(self, text: str, title: tuple[str, int], paragraphs: Sequence[_Paragraph]) -> None:
        self._text = text
        self._title = title
        self._headings: list[_Paragraph] = []  # from the highest to the lowest
        self._coming = iter([p for p in paragraphs if p.kind == "heading" and p.rank < _GUESSED])
        self._next = next(self._coming, None)

    def context(self, unit: _Unit, room: int) -> str:
        """What is embedded before a passage that starts with a unit; to be asked for in their order.

        Args:
            unit: The first unit of the passage.
            room: Most tokens.
        """
        while self._next is not None and self._next.start < unit.paragraph.start:
            self._enter(self._next)
            self._next = next(self._coming, None)
        parts = self._parts(unit)
        lines = [_joined(parts, min(CONTEXT_TOKENS, room - 2))]
        lead = unit.paragraph.lead
        if lead is not None and unit.first:
            room -= 2 + min(CONTEXT_TOKENS, sum(n_tokens + 1 for _, n_tokens in parts))
            lines.append(self._lead(lead, min(LEAD_TOKENS, room)))
        return "\n".join(filter(None, lines))

    def _lead(self, paragraph: _Paragraph, room: int) -> str:
        """A header row, or the last sentence of a paragraph that leads in a list."""
        if paragraph.kind == "row":
            return _cut(*self._part(paragraph), room)
        start, end = list(sentences(self._text, paragraph.start, paragraph.end))[-1]
        n_tokens = paragraph.n_tokens * (end - start) // (paragraph.end - paragraph.start) + 1
        return _cut(" ".join(self._text[start:end].split()), n_tokens, room)

    def _enter(self, heading: _Paragraph) -> None:
        self._headings = [h for h in self._headings if h.rank < heading.rank] + [heading]

    def _part(self, paragraph: _Paragraph) -> tuple[str, int]:
        return " ".join(self._text[paragraph.start : paragraph.end].split()), paragraph.n_tokens

    def _parts(self, unit: _Unit) -> list[tuple[str, int]]:
        """Title and headings above a unit with their tokens, without what the title says already."""
        title, _ = self._title
        if title and self._text.startswith(title, unit.start):
            return []
        parts = [self._title] if title else []
        own = unit.paragraph
        for heading in self._headings:
            part = self._part(heading)
            below = own.kind != "heading" or heading.rank < own.rank
            if below and part[0] not in title:
                parts.append(part)
        return parts


def _joined(parts: list[tuple[str, int]], room: int) -> str:
    """Title and headings in one line; where they are too long, the nearest heading and the title matter most."""
    while len(parts) > 2 and sum(n_tokens + 1 for _, n_tokens in parts) > room:
        del parts[1]
    if len(parts) == 2 and sum(n_tokens + 1 for _, n_tokens in parts) > room:
        (title, n_title), (heading, n_heading) = parts
        least = int(room * 0.4)
        for_heading = min(n_heading, max(least, room - n_title - 1))
        parts = [
            (_cut(title, n_title, room - for_heading - 1), 0),
            (_cut(heading, n_heading, for_heading), 0),
        ]
    elif len(parts) == 1:
        parts = [(_cut(*parts[0], room), 0)]
    return " > ".join(text for text, _ in parts if text)


def _cut(text: str, n_tokens: int, room: int) -> str:
    """The start of a text that has about ``room`` tokens, if the whole has ``n_tokens``."""
    if n_tokens <= room:
        return text
    return text[: max(0, len(text) * room // n_tokens)].rstrip()
