"""Take the markup out of a line: Markdown, attributes, tags, entities, invisible characters, needless space."""

from __future__ import annotations

import re
from dataclasses import dataclass
from html import unescape

from indexer.language.detect import HAN
from indexer.language.regex import regex

# Control, bidirectional and zero-width characters, soft hyphens, byte order marks, surrogates.
_INVISIBLE = regex(
    "[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\u00ad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2069"
    "\ufe0e\ufe0f\ufeff\ufff9-\ufffb\ud800-\udfff]"
)
_SPACES = regex(r"[ \t\x0b\x0c\x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\r\n]+")
_WIDE_SPACES = regex(r" *\u3000[ \u3000]*")

_ENTITY = regex(
    r"&(?:nbsp|e[mn]sp|thinsp|amp|lt|gt|quot|apos|[lr][ds]quo|middot|hellip|[mn]dash|bull|copy|#\d{2,5}|"
    r"#x[\da-f]{2,4});",
    re.I,
)
_TAG = regex(
    r"</?(?P<name>p|br|div|td|tr|li|table|tbody|ul|ol|h[1-6]|span|strong|b|i|em|u|font|a|img|center|section|"
    r"sup|sub|o:p)(?:\s+[\w:-]+\s*=\s*(?:\"[^\"]*\"|'[^']*'|[^\s<>\"'=]+))*\s*/?>",
    re.I,
)
_BLOCK_TAGS = frozenset("p br div td tr li table tbody ul ol h1 h2 h3 h4 h5 h6 center section".split())

# An address after a brace (``{u=?a=1&b=2 …``) could be cut into attributes in any number of ways, hence ``*+``.
_ATTRIBUTES = regex(r"\{(?:\s*(?:[.#][\w-]+|:?[\w-]+=(?:\"[^{}\"]*\"|'[^{}']*'|[^{}\s\"']+)))*+\s*\}")
_IMAGE = regex(r"!\[[^\[\]]*\]\([^()\s]*(?:\([^()\s]*\)[^()\s]*)*(?:\s+\"[^\"]*\")?\)")
_TARGET = r"\(([^()\s]*(?:\([^()\s]*\)[^()\s]*)*)(?:\s+\"[^\"]*\")?\)"
_LINK = regex(rf"\[([^\[\]]*)\]{_TARGET}")
_TO_SOURCE = (
    r"\s*(?:查看原文|阅读原文|閱讀原文|原文链接|原文鏈接|原文|Original(?: text| article| link)?|"
    r"Source link|View original|Read the original)\s*[:：]?\s*"
)
_SOURCE_LINK = regex(_TO_SOURCE, re.I)
# Such a link after a sentence, perhaps in italics and behind a pictogram: ":mag:*[查看原文](/a/#b)*".
_INLINE_SOURCE_LINK = regex(rf"(?::[a-z0-9_+-]{{2,30}}:\s*)?(\*{{0,2}})\[{_TO_SOURCE}\]{_TARGET}\1", re.I)
_EMPHASIS = regex(r"\*\*(?=[^\s*])((?:(?!\*\*).)+?)(?<=[^\s*])\*\*")
_HEADING = regex(r"(?:#{1,6} +)+(?=\S)")
_QUOTE = regex(rf">[ >]*(?=[A-Za-z{HAN}\"'“‘「『（(《【])")
_FENCED = regex(r":{3,}\s*(?:\w+\b\s*)?")
_ONLY_MARKUP = regex(
    r"(?:#{1,6}|[-*_=~]{3,}|[*_]{1,2}|\|?(?:\s*:?-{2,}:?\s*\|)+(?:\s*:?-{2,}:?\s*)?|`{3,}\w*|~{3,}\w*|"
    r":{3,}.{0,12}|\[\[[\w-]+:.*\]\]|[|\s]+|</?[a-zA-Z][^<>]{0,80}>|<!--.*-->|\[\[?toc\]?\]|\d{24,})",
    re.I,
)
_PINYIN = regex(rf"(?<=[{HAN}])[(（][a-zü]{{0,3}}[āáǎàēéěèīíǐìōóǒòūúǔùǖǘǚǜńňǹḿ][a-zü]{{0,3}}[)）]")
_FILE = regex(r"\.(?:pdf|docx?|xlsx?|pptx?|wps|et|ofd|zip|rar|7z|txt|csv|jpe?g|png|tiff?)(?:[?#].*)?$", re.I)

_MAX_MARKED_UP = 10_000
"""Characters above which a line is data, where markup isn't looked for."""


@dataclass(frozen=True, slots=True)
class Stripped:
    """A line without its markup.

    Attributes:
        text: What is left.
        heading: Whether the markup made it a heading.
        url: The original's address, if the line was nothing but a link to it.
        linked: Whether the line was nothing but a link to another page; names of files are no such lines.
    """

    text: str
    heading: bool = False
    url: str | None = None
    linked: bool = False


def is_only_markup(text: str) -> bool:
    """Whether a stripped line says nothing: empty, a rule, a fence, a label of the file's own format."""
    return not text or _ONLY_MARKUP.fullmatch(text) is not None


def is_blank(text: str) -> bool:
    """Whether nothing of a line can be seen."""
    return not _INVISIBLE.sub("", text).strip()


def count_pinyin(text: str) -> int:
    """Number of characters with a note on how they are read: 国(guó)."""
    return len(_PINYIN.findall(text))


def strip_pinyin(text: str) -> str:
    """A stripped line without such notes."""
    while (stripped := strip_line(_PINYIN.sub("", text)).text) != text:
        text = stripped
    return text


def strip_line(text: str) -> Stripped:
    """A line without markup. What is done twice is the same as once."""
    heading = linked = False
    # Taking out one thing may bring another to light ("# # Title"), so until nothing changes; each round
    # shortens.
    while True:
        before = text
        text = _INVISIBLE.sub("", text)
        if len(text) <= _MAX_MARKED_UP:
            if "&" in text:
                text = _ENTITY.sub(lambda entity: unescape(entity[0]), text)
            if "<" in text:
                text = _TAG.sub(lambda tag: " " if tag["name"].lower() in _BLOCK_TAGS else "", text)
        text = _WIDE_SPACES.sub("\u3000", _SPACES.sub(" ", text)).strip(" \u3000")
        if len(text) > _MAX_MARKED_UP:
            return Stripped(text, heading)
        link = _LINK.fullmatch(text)
        if link and _SOURCE_LINK.fullmatch(link[1]):
            return Stripped("", heading, link[2] if link[2].startswith(("http://", "https://")) else None)
        if "](" in text:
            text = _INLINE_SOURCE_LINK.sub("", text)
            linked = linked or _is_linked(text)
            text = _LINK.sub(r"\1", _IMAGE.sub("", text))
        if "{" in text:
            text = _ATTRIBUTES.sub("", text)
        if "**" in text:
            text = _EMPHASIS.sub(r"\1", text)
        if text.startswith("#") and (match := _HEADING.match(text)):
            heading = True
            text = re.sub(r" +#+$", "", text[match.end() :])
        if text.startswith(">"):
            text = _QUOTE.sub("", text, count=1)
        if text.startswith(":::"):
            text = _FENCED.sub("", text, count=1)
        if text.startswith("|") and text.endswith("|") and len(text) > 2:
            text = text[1:-1]
        if text == before:
            return Stripped(text, heading, None, linked)


def _is_linked(text: str) -> bool:
    targets = [link[2] for link in _LINK.finditer(text)]
    if not targets or any(_FILE.search(target) for target in targets):
        return False
    return not re.search(r"[^\W\d_]", _LINK.sub("", _IMAGE.sub("", text)))
