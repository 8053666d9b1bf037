"""Lines that a site puts around all that it publishes: slogans, hotlines, who runs it.

No list of words knows them, but they are the same at the top or the bottom of many documents of one site. They stay in
a document's text; its passages leave them out. What else is the same in many documents must stay: headings, datelines,
signatures, dates, rows of tables, names of attachments, and whatever is a sentence.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Collection, Mapping
from itertools import pairwise, takewhile

from indexer.ingest.clutter import is_attachment, is_body
from indexer.language.detect import HAN
from indexer.language.regex import regex
from indexer.types import Document

MIN_DOCUMENTS = 5
"""Documents of a site in which a line must be for it to be the site's."""

_EDGE = 8
"""Lines at the top, and as many at the bottom, that are looked at."""

_MAX_LENGTH = 200

_ENDS_OPEN = regex(r"[。！？；：，、.!?;:,…][”’」』）)】\"']*$")
_HEADING = regex(
    r"[第附][一二三四五六七八九十百零〇\d]*\s*[编編章节節条條则則件表图圖录錄]|[（(]?[一二三四五六七八九十\d]{1,3}[)）、.．]|"
    r"[-*•·●■◆▪]|(?:chapter|section|article|part|annex|appendix|table|figure)\b|[【\u3014\[].{1,20}[】\u3015\]]$|——",
    re.I,
)
_DATE = regex(
    r"\d{4}\s?[-/.年]\s?\d{1,2}|\d{1,2}\s?月\s?\d{1,2}\s?日|[〇零○一二三四五六七八九]{4}\s?年|\b(?:19|20)\d\d\b"
)
_SIGNATURE = regex(
    r"(?:局|厅|廳|部|处|處|科|办|辦|办公室|辦公室|委|委员会|委員會|政府|院|署|站|中心|大会|大會|常委会|协会|协會|公司|集团|"
    r"(?:bureau|department|office|ministry|committee|government|commission|administration|agency|cent(?:re|er)|council)"
    r"(?: (?:of|for|on)\b.*)?)$",
    re.I,
)
_CREDIT = regex(
    r"[摄攝]$|(?:供|资料|資料)?[图圖]片?$|记者|記者|通讯员|通訊員|来源|來源|source|photo|by\b", re.I
)
_DOC_NUMBER = regex(r"[\u3014\[(（]\d{4}[\u3015\])）]|\bno\.|第\s?\d+\s?[号號期]", re.I)


def edge_lines(document: Document) -> dict[int, bytes]:
    """The lines that may be its site's rather than its own.

    Returns:
        Indices of ``document.spans``, each with a key that equal lines of other documents have too (8 bytes).
    """
    lines = [document.text[span.start : span.end] for span in document.spans]
    broken = [True, *(document.text[a.end : b.start] == "\n" for a, b in pairwise(document.spans)), True]
    alone = [before and after for before, after in pairwise(broken)]

    def bodies(order: range) -> int | None:
        return next((i for i in order if not alone[i] or is_body(lines[i])), None)

    first, last = bodies(range(len(lines))), bodies(range(len(lines) - 1, -1, -1))
    if first is None or last is None:
        return {}
    # What stands right above the body is likely to be its heading.
    places = [*range(min(first - 1, _EDGE)), *range(max(last + 1, len(lines) - _EDGE), len(lines))]
    title = _folded(document.title or "")
    return {
        i: hashlib.blake2b(key.encode(), digest_size=8).digest()
        for i in places
        if not document.spans[i].heading
        and _may_be_repeated(lines[i])
        and (key := _folded(lines[i])) != title
    }


def is_repeated(n_with_line: int, n_documents: int) -> bool:
    """Whether a line is the site's.

    Args:
        n_with_line: Documents of the site that have it at their edge.
        n_documents: Documents of the site.

    Returns:
        Whether at least ``MIN_DOCUMENTS`` have it, and a quarter to a half of all: half of the greatest power of
        two that isn't above ``n_documents``, so that one more document seldom turns the answer for many others.
    """
    return n_with_line >= MIN_DOCUMENTS and 2 * n_with_line >= 1 << (n_documents.bit_length() - 1)


def spans_left_out(
    document: Document, edges: Mapping[int, bytes], repeated: Collection[bytes]
) -> frozenset[int]:
    """The lines that passages leave out: the site's, from the top down and from the bottom up.

    Args:
        document: The document.
        edges: Its ``edge_lines``.
        repeated: The keys of the site's lines.

    Returns:
        Indices of ``document.spans``. A line of the site with another line outside of it isn't among them: it may be
        the label of that one.
    """
    n = len(document.spans)
    top = list(takewhile(lambda i: edges.get(i) in repeated, range(n)))
    bottom = list(takewhile(lambda i: edges.get(i) in repeated, range(n - 1, -1, -1)))
    return frozenset(top) | frozenset(bottom)


def _folded(text: str) -> str:
    return "".join(unicodedata.normalize("NFKC", text).split())


def _may_be_repeated(text: str) -> bool:
    if not 2 <= len(text) <= _MAX_LENGTH or " | " in text or "\t" in text:
        return False
    if not re.search(rf"[{HAN}A-Za-z]{{2}}", text) or is_attachment(_folded(text).lower()):
        return False
    return not any(
        (_ENDS_OPEN.search(text), _HEADING.match(text), _DATE.search(text), _SIGNATURE.search(text))
    ) and not (_CREDIT.search(text) or _DOC_NUMBER.search(text))
