"""Find what a bulletin says about itself, with where it stands and how sure that is; where unsure, nothing.

Evidence for one fact is looked for in this order, and the first that is found is taken, with its confidence:

======================================================  =====  ==========================================
title                                                   .93    format: HTML metadata, Word properties …
..                                                      .95    label (标题, Title) among other fields
..                                                      .9     line marked as heading
..                                                      .85    first line that can be one
published                                               .95    format; .98 if a label says the same
..                                                      .97    label (发布时间, Released), .95 成文日期
..                                                      .96    ``2018-12-24 发布`` on a cover
..                                                      .93    alone in a line by the title
..                                                      .9     bare label (日期, Time); under a signature
..                                                      .88    beside a name by the title; dateline with year
..                                                      .85    ``…号公布`` in a rule's head; the address
..                                                      .7     alone in the last line
..                                                      .6     label of a change (更新时间), if nothing else
..                                                      .55    day in the lead, year in the same sentence
publisher                                               .97    label of the issuer (发布机构, Issued by)
..                                                      .9     format; .97 if a label says the same
..                                                      .95    label of the source (来源, Source)
..                                                      .9     cover, line with a date, signature, dateline
..                                                      .86    named first in the title: ``某厅关于…的通知``
..                                                      .8     alone by the title; order; congress; author .75
..                                                      .65    footer: 主办, Unit in Charge; .55 others
..                                                      .6     what a text says it was compiled from
..                                                      .6     the site's name as the page declares it
..                                                      .5     after the page's title; the address's host
document number                                         .97    label (文号)
..                                                      .93    alone by the title, .9 in it, .8 in the head
everything                                              1      declared by hand
======================================================  =====  ==========================================

Labels at the end of a page count a little less than at its top. A notice that a newspaper prints has its issuer as
publisher and the newspaper as source. Days that are said to be of meetings, adoption, revision or coming into force
are not days of publication, and days without a year are none.
"""

from __future__ import annotations

import datetime
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, replace

from indexer.ingest.describe.dates import find_published, find_signatures, parse_date
from indexer.ingest.describe.numbers import find_number
from indexer.ingest.describe.page import Page
from indexer.ingest.describe.publishers import find_publishers
from indexer.ingest.describe.titles import find_title
from indexer.ingest.sidecar import Declared
from indexer.language.detect import detect_lang
from indexer.language.periods import document_periods
from indexer.language.places import document_places
from indexer.language.topics import document_topics
from indexer.types import Fact, FactName, Lang, Line, LoadedFile, Span

__all__ = ["Description", "describe", "parse_date"]


@dataclass(frozen=True, slots=True)
class Description:
    """What is known about a bulletin.

    Attributes:
        facts: Title, published, publisher, source and document number, as far as known, then periods, places and
            topics, the most important first.
        lang: The language of most of its text.
    """

    facts: tuple[Fact, ...]
    lang: Lang

    @property
    def title(self) -> str | None:
        """The title, if there is one."""
        return self._value("title")

    @property
    def published(self) -> str | None:
        """ISO date, if known."""
        return self._value("published")

    @property
    def publisher(self) -> str | None:
        """The publisher, if known."""
        return self._value("publisher")

    def _value(self, name: FactName) -> str | None:
        return next((fact.value for fact in self.facts if fact.name == name), None)


def describe(
    loaded: LoadedFile,
    lines: Sequence[Line],
    removed: Sequence[Line] = (),
    url: str | None = None,
    declared: Declared | None = None,
    text: str | None = None,
    spans: Sequence[Span] = (),
) -> Description:
    """Describe a document.

    Args:
        loaded: What its format declares.
        lines: Its clean lines, at least one.
        removed: Lines that cleaning took out: they may hold labelled fields, never a title.
        url: Address of the original, where cleaning found one.
        declared: What was written about it by hand, which goes first.
        text: The clean lines joined; by default by line breaks.
        spans: Where the lines stand in ``text``, for the lines of what is found there.
    """
    declared = declared or Declared()
    text = text if text is not None else "\n".join(line.text for line in lines)
    lang = declared.lang or detect_lang(text, default="zh")
    page = Page(loaded, lines, removed, declared.url or url, lang)
    found: dict[FactName, list[Fact]] = {}

    def add(facts: Sequence[Fact | None]) -> None:
        for fact in facts:
            if fact is not None and fact.name not in declared.facts:
                found.setdefault(fact.name, []).append(fact)

    add([find_title(page)])
    if "title" in declared.facts:
        page.title = next((fact.value for fact in declared.facts["title"]), None)
    page.signatures = list(find_signatures(lines))
    add([find_published(page)])
    page.published = next((fact.value for fact in found.get("published", ())), None)
    add(find_publishers(page, next(iter(declared.facts.get("publisher", ())), None)))
    add([find_number(page)])
    for name, facts in declared.facts.items():
        found[name] = list(facts)
    if any(
        source.value == publisher.value
        for source in found.get("source", ())
        for publisher in found.get("publisher", ())
    ):
        found.pop("source")
    publisher = next((fact.value for fact in found.get("publisher", ())), None)
    published = next((datetime.date.fromisoformat(fact.value) for fact in found.get("published", ())), None)
    if "period" not in declared.facts:
        add(_placed(document_periods(page.title, text, lang, published), spans))
    if "place" not in declared.facts:
        add(_placed(document_places(page.title, text, publisher, lang), spans))
    if "topic" not in declared.facts:
        add(_placed(document_topics(page.title, text, lang), spans))
    order: tuple[FactName, ...] = (
        "title",
        "published",
        "publisher",
        "source",
        "doc_number",
        "period",
        "place",
        "topic",
    )
    return Description(tuple(fact for name in order for fact in found.get(name, ())), lang)


def _placed(found: Sequence[tuple[Fact, int | None]], spans: Sequence[Span]) -> list[Fact]:
    """Facts with the line and page of the offset at which each was found."""
    starts = [span.start for span in spans]
    facts = []
    for fact, offset in found:
        if offset is not None and starts:
            span = spans[max(0, bisect_right(starts, offset) - 1)]
            fact = replace(fact, line=span.number, page=span.page)
        facts.append(fact)
    return facts
