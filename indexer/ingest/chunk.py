"""Cut a document into passages at the ends of sentences."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from indexer.language.detect import HAN, detect_lang
from indexer.types import CountTokens, Document, Lang, Passage, Span

MAX_TOKENS = 480
"""Most tokens of a passage with its context; models read 512, with a prefix and special tokens."""

CONTEXT_TOKENS = 40
"""About how many tokens of title and heading go before a passage."""

_TINY = 25
"""Tokens below which a passage is joined to its neighbour if it fits; less where the budget is small."""

_TOLERANCE = 1.25
"""By how much a passage may exceed the budget rather than cut a sentence or leave a rest of a few words."""

_TINY_RUN = 25
"""Tokens below which lines in the other language make no passage of their own: names, glossary entries."""

_CLOSERS = re.escape("”’」』》〉）)】\uff3d]\"'")
# A Chinese full stop always ends a sentence; a Latin one only before a space and what can start one.
_SENTENCE_END = re.compile(
    rf"(?:[。！？…]+|[!?]+(?=[\s{_CLOSERS}{HAN}]|$)|；(?=.)|;(?=\s)|\.(?=[{_CLOSERS}]*(?:\s|$|"
    rf"[{HAN}])))[{_CLOSERS}]*\s*"
)
_ABBREVIATION = re.compile(
    r"(?:\b(?:No|Nos|Art|Arts|Fig|Figs|Eq|Sec|Ch|Vol|vol|pp|p|Mr|Mrs|Ms|Dr|Prof|Gen|Gov|Sen|Rep|St|"
    r"Mt|Jr|Sr|Inc|Ltd|Co|Corp|"
    r"Dept|Univ|approx|ca|cf|al|etc|vs|e\.g|i\.e|viz|ed|eds|Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sep|Sept|Oct|Nov|Dec|"
    r"Mon|Tue|Wed|Thu|Fri|Sat|Sun|a\.m|p\.m|U\.S|U\.K|U\.N|E\.U|Ph\.D)|\b[A-Z]|(?:^|\s)\d{1,3})\.$"
)
_LOWER = re.compile(rf"[{_CLOSERS}\s]*[a-z]")
_COMMA = re.compile(r"[，、：；]\s*|[,:;)](?=\s)\s*")
_SPACE = re.compile(r"\s+")
_ARTICLE = re.compile(
    r"第[一二三四五六七八九十百千零〇\d]+[条條]|Article\s+\d+|第[一二三四五六七八九十百零〇\d]+[章节節编編]"
)

_NO_HEADING = re.compile(r"[。！？；，,.!?;]\s*$|\A[-*+•|]|[|\t]|\A\W*\Z")

_MAX_SENTENCE = 4000
"""Characters above which a sentence is cut without counting its tokens: it has no sentence structure."""


@dataclass(slots=True)
class _Unit:
    """A sentence, or a piece of one that is longer than a passage."""

    start: int
    end: int
    lang: Lang
    first: bool  # in its paragraph
    heading: bool
    article: bool
    n_tokens: int = 0
    paragraph: int = 0


def chunk(
    document: Document, count_tokens: CountTokens, budget: int = 200, overlap_sentences: int = 0
) -> list[Passage]:
    """Cut a document into passages of about ``budget`` tokens.

    Passages are in order, end at ends of sentences (only a sentence longer than ``budget`` is cut), start at
    paragraphs, headings and articles where that costs little, hold one language where lines of two
    alternate, and together cover every sentence.

    Args:
        document: A document; its spans must be in order.
        count_tokens: Counts the embedding model's tokens; called twice at most for a document.
        budget: Tokens of a passage without its context. The last sentence of a section may add a quarter.
        overlap_sentences: Sentences of the passage before that a passage repeats, as far as ``MAX_TOKENS``
            allows.

    Raises:
        ValueError: ``budget`` isn't between 20 and 320.
    """
    if not 20 <= budget <= 320:
        raise ValueError(f"budget is {budget} tokens; it must be between 20 and 320")
    if overlap_sentences < 0:
        raise ValueError(f"overlap_sentences is {overlap_sentences}; it can't be negative")
    units = _units(document, count_tokens, budget)
    groups = _merge_tiny(_pack(units, budget), budget)
    return _passages(document, groups, overlap_sentences)


def _units(document: Document, count_tokens: CountTokens, budget: int) -> list[_Unit]:
    """The document's sentences with their numbers of tokens; those above the budget in pieces."""
    text = document.text
    heading_at = {span.start for span in document.spans if span.heading}
    units: list[_Unit] = []
    paragraphs = [p for p in _paragraphs(text) if text[p[0] : p[1]].strip()]
    for number, (start, end) in enumerate(paragraphs):
        lang = detect_lang(text[start:end], default=units[-1].lang if units else document.lang)
        is_title = number == 0 and document.title is not None and text[start:end].strip() == document.title
        heading = is_title or start in heading_at or _heads(text, paragraphs, number)
        article = bool(_ARTICLE.match(text, start))
        for index, (a, b) in enumerate(_sentences(text, start, end)):
            units.append(_Unit(a, b, lang, index == 0, heading, article and index == 0, paragraph=number))
    whole = [unit for unit in units if unit.end - unit.start <= _MAX_SENTENCE]
    for unit, n_tokens in zip(
        whole, _counts(count_tokens, [text[u.start : u.end] for u in whole]), strict=True
    ):
        unit.n_tokens = n_tokens
    units = _cut_long(text, units, count_tokens, budget)
    _smooth_languages(units)
    return units


def _heads(text: str, paragraphs: Sequence[tuple[int, int]], number: int) -> bool:
    """Whether a short line without a full stop precedes a long paragraph: a heading that nobody marked."""
    start, end = paragraphs[number]
    if number + 1 == len(paragraphs) or end - start > 100 or _NO_HEADING.search(text[start:end]):
        return False
    following = paragraphs[number + 1]
    is_zh = detect_lang(text[start:end]) == "zh"
    if end - start > (30 if is_zh else 100):
        return False
    return following[1] - following[0] >= max(3 * (end - start), 60 if is_zh else 150)


def _counts(count_tokens: CountTokens, texts: list[str]) -> list[int]:
    return count_tokens(texts) if texts else []


def _paragraphs(text: str) -> Iterator[tuple[int, int]]:
    start = 0
    while start <= len(text):
        end = text.find("\n", start)
        end = len(text) if end < 0 else end
        yield start, end
        start = end + 1


def _sentences(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """Sentences of one paragraph, without the white space around them; every other character is in one."""
    at = start
    for match in _SENTENCE_END.finditer(text, start, end):
        if match.end() >= end:
            break
        mark = text[match.start()]
        if mark == "." and _isnt_end(text, at, match.start(), match.end()):
            continue
        if mark in "…；;" and not _long_enough(text, at, match.end()):
            continue
        if mark in "!?" and _LOWER.match(text, match.end()):
            continue
        yield from _trimmed(text, at, match.end())
        at = match.end()
    yield from _trimmed(text, at, end)


def _isnt_end(text: str, start: int, dot: int, after: int) -> bool:
    """Whether a full stop at ``dot`` belongs to an abbreviation, an initial, or the number of a list."""
    if _LOWER.match(text, after):
        return True
    return bool(_ABBREVIATION.search(text[max(start, dot - 12) : dot + 1]))


def _long_enough(text: str, start: int, end: int) -> bool:
    """Whether what ends in a semicolon is long enough to stand alone; lists of short items stay together."""
    return end - start >= (30 if detect_lang(text[start:end]) == "zh" else 100)


def _trimmed(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    if start < end:
        yield start, end


def _cut_long(text: str, units: list[_Unit], count_tokens: CountTokens, budget: int) -> list[_Unit]:
    """Cut sentences above the budget at commas and spaces; where there are none, at characters."""
    is_long = [unit.n_tokens > budget * _TOLERANCE or unit.end - unit.start > _MAX_SENTENCE for unit in units]
    if not any(is_long):
        return units
    pieces: list[list[tuple[int, int]]] = [
        list(_soft_pieces(text, unit.start, unit.end, budget)) if long else []
        for unit, long in zip(units, is_long, strict=True)
    ]
    flat = [span for spans in pieces for span in spans]
    counts = iter(_counts(count_tokens, [text[a:b] for a, b in flat]))
    result = []
    for unit, spans in zip(units, pieces, strict=True):
        if not spans:
            result.append(unit)
            continue
        parts: list[_Unit] = []
        for a, b in spans:
            n_tokens = next(counts)
            last = parts[-1] if parts else None
            if last is not None and last.n_tokens + n_tokens <= budget:
                last.end, last.n_tokens = b, last.n_tokens + n_tokens
                continue
            parts.append(
                _Unit(
                    a,
                    b,
                    unit.lang,
                    unit.first and not parts,
                    unit.heading and b - a < 200,
                    unit.article and not parts,
                    n_tokens,
                    unit.paragraph,
                )
            )
        result += parts
    return result


def _soft_pieces(text: str, start: int, end: int, budget: int) -> Iterator[tuple[int, int]]:
    """Pieces that end at commas, or at spaces where a clause is long.

    A token is nearly always a character or more, so that even pieces of twice ``budget`` characters fit
    into a passage.
    """
    for a, b in _split_at(_COMMA, text, start, end, budget // 4):
        if b - a <= 2 * budget:
            yield from _trimmed(text, a, b)
            continue
        for c, d in _split_at(_SPACE, text, a, b, budget // 4):
            yield from _hard_pieces(text, c, d, budget)


def _split_at(
    pattern: re.Pattern[str], text: str, start: int, end: int, least: int
) -> Iterator[tuple[int, int]]:
    """Cut after matches of a pattern, into pieces of at least so many characters but for the last."""
    at = start
    for match in pattern.finditer(text, start, end):
        if match.end() - at >= least:
            yield at, match.end()
            at = match.end()
    if at < end:
        yield at, end


def _hard_pieces(text: str, start: int, end: int, size: int) -> Iterator[tuple[int, int]]:
    for at in range(start, end, size):
        yield from _trimmed(text, at, min(at + size, end))


def _smooth_languages(units: Sequence[_Unit]) -> None:
    """Give short runs of lines in the other language to the run before, so that names don't cut passages."""
    runs = _runs(units)
    for index, (start, end) in enumerate(runs):
        if sum(unit.n_tokens for unit in units[start:end]) >= _TINY_RUN:
            continue
        other = units[start - 1].lang if index else units[end].lang if end < len(units) else units[start].lang
        for unit in units[start:end]:
            unit.lang = other


def _runs(units: Sequence[_Unit]) -> list[tuple[int, int]]:
    cuts = [0, *(i + 1 for i, (a, b) in enumerate(pairwise(units)) if a.lang != b.lang), len(units)]
    return [(a, b) for a, b in pairwise(cuts) if a < b]


def _pack(units: Sequence[_Unit], budget: int) -> list[list[_Unit]]:
    """Group units into passages."""
    rest_of_paragraph = _rest_of_paragraph(units)
    groups: list[list[_Unit]] = []
    current: list[_Unit] = []
    size = 0
    for index, unit in enumerate(units):
        if current:
            only_headings = all(u.heading for u in current)
            if unit.lang != current[-1].lang and not only_headings:
                full = True
            elif only_headings:
                # A heading stays with what it heads, even if both are a little too long together.
                full = size + unit.n_tokens > budget * _TOLERANCE + _TINY
            elif size + unit.n_tokens > budget:
                full = True
            elif unit.heading:
                full = size >= budget * 0.25
            elif unit.article:
                full = size >= budget * 0.5
            elif unit.first:
                # Start a paragraph in a passage of its own rather than cut it.
                full = size >= budget * 0.6 and size + rest_of_paragraph[index] > budget
            else:
                full = False
            if full:
                carried = _trailing_headings(current) if len(current) > 1 else []
                if len(carried) < len(current):
                    current = current[: len(current) - len(carried)]
                else:
                    carried = []
                groups.append(current)
                current = carried
                size = sum(u.n_tokens for u in current)
        current.append(unit)
        size += unit.n_tokens
    if current:
        groups.append(current)
    return groups


def _rest_of_paragraph(units: Sequence[_Unit]) -> list[int]:
    """For each unit the tokens from it to the end of its paragraph."""
    rest = [0] * len(units)
    for index in range(len(units) - 1, -1, -1):
        goes_on = index + 1 < len(units) and units[index + 1].paragraph == units[index].paragraph
        rest[index] = units[index].n_tokens + (rest[index + 1] if goes_on else 0)
    return rest


def _trailing_headings(group: Sequence[_Unit]) -> list[_Unit]:
    """Headings at the end of a group, which belong to what follows."""
    n = 0
    while n < len(group) and group[-1 - n].heading:
        n += 1
    return list(group[len(group) - n :])


def _merge_tiny(groups: list[list[_Unit]], budget: int) -> list[list[_Unit]]:
    """Join very short passages to the one before, or a short first one to the one after, where they fit."""
    tiny = min(_TINY, budget // 4)
    merged: list[list[_Unit]] = []
    for group in groups:
        size = sum(unit.n_tokens for unit in group)
        if merged:
            before = sum(unit.n_tokens for unit in merged[-1])
            fits = before + size <= budget * _TOLERANCE and merged[-1][-1].lang == group[0].lang
            if fits and (before < tiny or (size < tiny and not group[0].heading)):
                merged[-1] = merged[-1] + group
                continue
        merged.append(group)
    if len(merged) > 1:
        last, before_last = merged[-1], merged[-2]
        size = sum(unit.n_tokens for unit in last)
        if size < tiny and size + sum(unit.n_tokens for unit in before_last) <= budget * _TOLERANCE:
            merged[-2:] = [before_last + last]
    return merged


def _passages(document: Document, groups: Sequence[Sequence[_Unit]], overlap: int) -> list[Passage]:
    starts = [span.start for span in document.spans]
    headings = [span for span in document.spans if span.heading]
    passages = []
    for ordinal, group in enumerate(groups):
        start, end = group[0].start, group[-1].end
        if overlap and ordinal:
            repeated = list(groups[ordinal - 1])[-overlap:]
            room = MAX_TOKENS - CONTEXT_TOKENS - sum(unit.n_tokens for unit in group)
            while repeated and (
                sum(unit.n_tokens for unit in repeated) > room or repeated[0].lang != group[0].lang
            ):
                repeated.pop(0)
            if repeated:
                start = repeated[0].start
        text = document.text[start:end]
        first, last = _span_at(document.spans, starts, start), _span_at(document.spans, starts, end - 1)
        passages.append(
            Passage(
                doc_id=document.doc_id,
                ordinal=ordinal,
                lang=detect_lang(text, default=group[0].lang),
                start=start,
                end=end,
                text=text,
                context=_context(document, headings, start, text),
                page=first.page if first else None,
                page_end=last.page if last else None,
                line=first.number if first else None,
                line_end=last.number if last else None,
            )
        )
    return passages


def _span_at(spans: Sequence[Span], starts: Sequence[int], offset: int) -> Span | None:
    index = bisect_right(starts, offset) - 1
    return spans[index] if index >= 0 else None


def _context(document: Document, headings: Sequence[Span], start: int, text: str) -> str:
    """Title and nearest heading before a passage, cut to about ``CONTEXT_TOKENS``."""
    title = " ".join((document.title or "").split())
    if title and text.startswith(title):
        return ""
    index = bisect_right([span.start for span in headings], start) - 1
    nearest = headings[index] if index >= 0 else None
    heading = ""
    if nearest is not None and nearest.end <= start:
        heading = " ".join(document.text[nearest.start : nearest.end].split())
    if heading and heading in title:
        heading = ""
    if not heading:
        return _cut_to_tokens(title, CONTEXT_TOKENS)
    if not title:
        return _cut_to_tokens(heading, CONTEXT_TOKENS)
    return f"{_cut_to_tokens(title, CONTEXT_TOKENS * 0.6)} {_cut_to_tokens(heading, CONTEXT_TOKENS * 0.4)}"


def _cut_to_tokens(text: str, n_tokens: float) -> str:
    """The start of a text that is about ``n_tokens`` long, by the usual length of tokens."""
    for index, character in enumerate(text):
        n_tokens -= 0.3 if character.isascii() else 0.8
        if n_tokens < 0:
            return text[:index].rstrip()
    return text
