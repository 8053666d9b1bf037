"""Parts of a passage as HTML."""

from __future__ import annotations

from collections.abc import Sequence

from indexer.language.places import ABOUT
from indexer.page.messages import PLACES_ZH, page_lang, place_name, t
from indexer.page.text import marked, safe
from indexer.types import Fact, Hit, Lang

STRONG, GOOD = 0.6, 0.3  # relevance from which a match is called so
_PLACES = 2  # that are named on a card
_BADGE: dict[Lang, str] = {"zh": "中文", "en": "EN"}


def quote(hit: Hit, spans: Sequence[tuple[int, int]] = (), sentence: tuple[int, int] | None = None) -> str:
    """A hit's text with its marks."""
    text = spaced(marked(hit.text, spans, sentence=sentence))
    return f'<p class="qs-text" lang="{hit.lang}">{text}</p>'


def spaced(text: str) -> str:
    """Text as HTML whose lines, which are a bulletin's paragraphs, stand a little apart."""
    return text.replace("\n", '<span class="qs-gap"></span>')


def about(hit: Hit, facts: Sequence[Fact] = ()) -> str:
    """Language, publisher, places, date, format and page of a hit."""
    codes = [f.value for f in facts if f.name == "place" and f.confidence >= ABOUT][:_PLACES]
    short = [*map(place_name, codes), hit.published, hit.format.upper(), standing(hit)]
    parts = [safe(hit.publisher)] if hit.publisher else []
    parts += [f'<span class="qs-short">{safe(part)}</span>' for part in short if part]
    return f'<span class="qs-badge">{_BADGE[hit.lang]}</span>' + " · ".join(parts)


def match_name(relevance: float) -> str:
    """What a match of this relevance is called: ``strong``, ``good`` or ``weak``."""
    return "strong" if relevance >= STRONG else "good" if relevance >= GOOD else "weak"


def match(relevance: float) -> str:
    """How good a match is, as a bar and in words."""
    name, percent = match_name(relevance), round(100 * min(max(relevance, 0.0), 1.0))
    return (
        f'<span class="qs-match qs-{name}"><span class="qs-bar" aria-hidden="true">'
        f'<i style="width:{percent}%"></i></span>{safe(t(name))} · {percent}%</span>'
    )


def standing(hit: Hit) -> str:
    """Page, lines or paragraphs of a hit."""
    from indexer.search.citation import locate

    place = locate(hit)
    kind, _, number = place.partition(" ")
    return PLACES_ZH[kind].format(number) if page_lang() == "zh" and kind in PLACES_ZH else place


def also_at(paths: Sequence[str], path: str) -> str:
    """The other files that hold the same document."""
    others = [safe(other) for other in paths if other != path]
    return f'<p class="qs-small">{safe(t("also_at"))}: {", ".join(others)}</p>' if others else ""
