"""Find where sentences end, in Chinese and English and in lines that mix both.

Where a mark is in doubt the sentence goes on: two sentences kept together cost a passage little, half a sentence
costs its reader the meaning. :func:`clauses` cuts sentences that are too long all the same, doubtful marks first.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator

from indexer.language.detect import HAN
from indexer.language.regex import regex

Interval = tuple[int, int]
"""Half-open, in characters of the text."""

_PAIRS = {"”": "“", "’": "‘", "」": "「", "』": "『", "》": "《", "〉": "〈", "）": "(", ")": "(", "】": "【"}
_PAIRS |= {"\uff3d": "[", "]": "[", "\u3015": "\u3014"}
_OPENERS = {opener: opener for opener in _PAIRS.values()} | {"（": "(", "\uff3b": "["}
_CLOSERS = frozenset(_PAIRS) | {'"', "'"}
_QUOTES = frozenset("“‘「『\"'")
_TITLES = frozenset("《〈")

_MAX_BRACKETED, _MAX_QUOTED = 100, 30
"""Characters of a bracket and a quotation above which stops inside end sentences; 2.5 times that without Chinese."""

_STOP = regex(r"[。！？｡!?]+|…+|[.．](?:\s?\.)+|[.．]")
_STRONG = frozenset("。！？｡")
_ENCLOSING = regex("[" + re.escape("".join(_PAIRS) + "".join(_OPENERS)) + '"]')
_HAN_CHAR = regex(f"[{HAN}]")

# What can't start a sentence. Lower-case letters can in "pH" and "b. Second item".
_GOES_ON = regex(r"[,，、；;：:)）》】\]”’…．。！？]|[a-z](?![A-Z]|[.)]\s)|[-–—]\s")
# The number of a list's item, as the whole sentence so far: "1.", "(2).", "a.", "iv.", "一.", "2.1.".
_ENUMERATOR = regex(
    r"[(（]?(?:\d{1,3}(?:[.．]\d{1,3})*|[A-Za-z]|[ivxIVX]{1,5}|"
    r"第?[一二三四五六七八九十]{1,3}|第[一二三四五六七八九十百\d]{1,4}[条條章节節款项項])[)）]?"
)
_NUMBERED_HEAD = regex(
    r"(?:Articles?|Sections?|Chapter|Part|Rule|Annex|Appendix|Table|Figure|Schedule|Clause|Item|Step|Task|Note|"
    r"Paragraph|Regulation)\s+(?:\d{1,3}(?:\.\d{1,3})*|[IVXLC]{1,6}|[A-Z])",
    re.I,
)
_ITEM_NUMBER = regex(r"\d{1,2}[.．、)）](?!\d)")
_WORD = regex(rf"[^\s(（\[“‘\"'/,，：;；。、{HAN}]*$")
# Abbreviations that stand before what they belong to, and never end a sentence.
_BEFORE_NAME = frozenset(
    "Mr Mrs Ms Messrs Mx Dr Prof Gen Gov Sen Rep Lt Col Sgt Capt Cmdr Adm Hon Rev Pres Supt St Mt Ft vs v cf viz "
    "e.g i.e eg ie ca approx incl resp eds trans Assoc Asst Dir Min Ave Blvd Rd".split()
)
# Those that stand before a number.
_BEFORE_NUMBER = frozenset(
    "no nos art arts fig figs eq eqs sec secs ch chs vol vols pt p pp para paras cl reg regs ref refs tab app ann "
    "ser rev ver jan feb mar apr jun jul aug sep sept oct nov dec c ca approx est".split()
)
# Those that may end a sentence; it ends only where what follows is a word that begins sentences.
_MAY_END = frozenset(
    "etc inc ltd co corp bros dept univ assn intl govt jr sr esq ph.d m.sc b.sc u.s.a al ibid op cit a.m p.m a.d b.c "
    "ed min max avg temp sq cu ft yr yrs hr hrs prov mun".split()
)
_INITIALS = regex(r"(?:[A-Z]\.-?)*[A-Z]")
_NO_VOWEL = regex(r"[A-Z][b-df-hj-np-tv-xz]{1,4}")
_STARTERS = frozenset(
    "The A An In On At It Its This That These Those He She They We You His Her Their Our There Here However But And "
    "Or For As If When While Where Since After Before Because Although Though To From By With Under During Such Some "
    "All Both Each Every Many Most Several No Not According Meanwhile Moreover Furthermore Besides Also Then Thus "
    "Therefore Hence Among Another Other Only Now Today Yesterday Last Next What Which Who Why How Is Are Was Were "
    "Does Do Did Can Will Should Must May".split()
)
_FIRST_WORD = regex(r"[\s“‘\"'(（\[]*([A-Za-z]+)")
# What follows a quotation that ends in a stop and shows that the sentence goes on.
_SAYS_ZH = regex(
    r"[的等和与與及或是]|[^，。；：！？“”\s]{0,14}?(?:说|說|道|表示|指出|强调|強調|介绍|介紹|告诉记者|告訴記者|认为|認為|"
    r"称|稱|坦言|透露|问|問|答)(?:[。！]|[，,]\s*[“「])"
)
_SAYS_EN = regex(
    r"\s+(?:[\w.'’-]+\s+){0,6}?(?:said|says|asked|asks|added|told|wrote|noted|replied|stressed|explained|shouted)\b"
)

# Where a long sentence may be cut, the best first.
_CLAUSE_ENDS = (
    regex(r"[。！？；;…](?:[”’」』）)\"']*)(?!\d)\s*|[.!?](?=\s)\s*"),
    regex(r"[，、](?=\s*(?:[（(]\d{1,2}[)）]|[①-⑳]|[一二三四五六七八九十]是))|：\s*|[:](?=\s)\s*|——"),
    regex(r"，\s*|,(?=\s)\s*|[)）](?=[\s（(])\s*"),
    regex(r"、\s*| \| |\s[-–—]\s"),
    regex(r"\s+"),
)
SENTENCE = len(_CLAUSE_ENDS) + 1
"""Strength of the end of a sentence; those of :func:`clauses` are below, 0 where nothing ends."""


def sentences(text: str, start: int = 0, end: int | None = None) -> Iterator[Interval]:
    """Sentences of one paragraph, in order.

    A stop ends no sentence in abbreviations, numbers, addresses, the numbers of lists, and in short quotations and
    brackets that close later; closing quotes and brackets belong to the sentence before them.

    Args:
        text: Any text.
        start: Where the paragraph starts.
        end: Where it ends; by default the text's end.

    Yields:
        Each sentence without the white space around it. Every other character is in one.
    """
    end = len(text) if end is None else end
    enclosed = _enclosed(text, start, end)
    at = start
    for stop in _STOP.finditer(text, start, end):
        if stop.start() < at:
            continue
        after = _past_closers(text, start, stop.end(), end)
        if _ends(text, at, stop, after, end, enclosed):
            yield from trimmed(text, at, after)
            at = after
            while at < end and text[at].isspace():
                at += 1
    yield from trimmed(text, at, end)


def clauses(text: str, start: int, end: int, size: int) -> Iterator[tuple[int, int, int]]:
    """Pieces of a sentence that is too long, cut at the best marks that there are.

    Args:
        text: Any text.
        start: Where the sentence starts.
        end: Where it ends.
        size: Most characters of a piece.

    Yields:
        Start and end of each piece, and the strength of its end: below :data:`SENTENCE`, the more the better.
    """
    ends: dict[int, int] = {}
    for level, pattern in enumerate(_CLAUSE_ENDS):
        for match in pattern.finditer(text, start, end):
            ends.setdefault(match.end(), SENTENCE - 1 - level)
    at = start
    best: list[tuple[int, int]] = []  # marks since the last cut
    least = max(8, size // 8)
    for position, strength in [*sorted(ends.items()), (end, SENTENCE)]:
        while position - at > size:
            # No good mark within reach: at a space or another weak one, else anywhere.
            weak = [(s, p) for p, s in best if p > at + size // 4]
            s, cut = max(weak) if weak else (0, at + size)
            yield from ((a, b, s) for a, b in trimmed(text, at, cut))
            at = cut
            best = [(p, s) for p, s in best if p > at]
        if strength >= 3 and position - at >= least and position < end:
            yield from ((a, b, strength) for a, b in trimmed(text, at, position))
            at, best = position, []
        else:
            best.append((position, strength))
    yield from ((a, b, SENTENCE) for a, b in trimmed(text, at, end))


def trimmed(text: str, start: int, end: int) -> Iterator[Interval]:
    """The interval without white space around it; nothing if nothing is left."""
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    if start < end:
        yield start, end


def _enclosed(text: str, start: int, end: int) -> list[Interval]:
    """The outermost short quotations and brackets, from the opening to the closing mark."""
    stack: list[tuple[str, int]] = []
    found: list[Interval] = []
    for match in _ENCLOSING.finditer(text, start, end):
        mark, at = match[0], match.start()
        if mark in _OPENERS:
            stack.append((_OPENERS[mark], at))
            continue
        wanted = _PAIRS.get(mark, mark)
        if mark == '"' and _opens(text, at, start):
            stack.append((mark, at))
            continue
        reach = range(len(stack) - 1, max(len(stack) - 9, -1), -1)  # past openers that were never closed
        depth = next((i for i in reach if stack[i][0] == wanted), None)
        if depth is None:
            continue
        opened = stack[depth][1]
        del stack[depth:]
        most = _MAX_QUOTED if text[opened] in _QUOTES else _MAX_BRACKETED
        if at - opened <= most or (at - opened <= 2.5 * most and not _HAN_CHAR.search(text, opened, at)):
            while found and found[-1][0] > opened:
                found.pop()
            found.append((opened, at))
    return found


def _past_closers(text: str, start: int, at: int, end: int) -> int:
    """Where the closing quotes and brackets that follow a stop end."""
    while at < end and text[at] in _CLOSERS:
        if text[at] in "\"'" and at + 1 < end and _opens(text, at, start):
            break
        at += 1
    return at


def _opens(text: str, at: int, start: int) -> bool:
    """Whether a straight quote opens a quotation, by what stands around it."""
    if at + 1 >= len(text) or text[at + 1].isspace() or text[at + 1] in ",，.。;；:：!?！？、)）":
        return False
    before = text[at - 1] if at > start else " "
    if before in "。！？.!?":  # "Stop."He left - or 他走了。"好"
        return not text[at + 1].isascii() and text.count('"', start, at) % 2 == 0
    return before.isspace() or before in "(（[“‘：:，,—-、"


def _ends(text: str, at: int, stop: re.Match[str], after: int, end: int, enclosed: list[Interval]) -> bool:
    """Whether a sentence that starts at ``at`` ends with a stop; ``after`` is behind its closing marks."""
    mark = stop[0]
    gap = after
    while gap < end and text[gap].isspace():
        gap += 1
    if gap == end:
        return True
    spaced = gap > after
    follows = text[gap : min(gap + 60, end)]
    index = bisect_right(enclosed, (stop.start(), stop.start())) - 1
    if index >= 0 and (inside := enclosed[index])[1] > stop.start():
        if inside[1] >= after:
            return False
        opener = text[inside[0]]
        if opener in _TITLES or _goes_on_after(opener, mark, text, after, gap):
            return False
        if opener not in _QUOTES and inside[0] > at:  # a bracket within the sentence, not one around it
            return spaced and (mark[0] in _STRONG or _starts_sentence(follows))
    elif after > stop.end() and text[after - 1] in '”」』"' and _goes_on_after("“", mark, text, after, gap):
        return False
    if mark[0] in _STRONG:
        return not _GOES_ON.match(follows) or bool(re.match(r"[a-z]", follows))
    if _GOES_ON.match(follows):
        return False
    if mark[0] in "!?":
        return spaced or bool(_HAN_CHAR.match(follows)) or follows[0] in _OPENERS or after > stop.end()
    if len(mark) > 1 or mark == "…":
        return after > stop.end() or (spaced and follows[0].isupper())
    return _dot_ends(text, at, stop.start(), after, spaced, follows)


def _goes_on_after(opener: str, mark: str, text: str, after: int, gap: int) -> bool:
    """Whether a sentence goes on after a quotation that ends in a stop: “Why?” he asked."""
    if opener not in _QUOTES:
        return False
    if _SAYS_ZH.match(text, gap):
        return True
    return mark[0] in "!?！？" and bool(_SAYS_EN.match(text, after))


def _dot_ends(text: str, at: int, dot: int, after: int, spaced: bool, follows: str) -> bool:
    """Whether a Latin full stop ends a sentence."""
    so_far = text[at:dot].strip() if dot - at < 40 else ""
    if so_far and (_ENUMERATOR.fullmatch(so_far) or _NUMBERED_HEAD.fullmatch(so_far)):
        return False
    before = text[dot - 1] if dot > at else ""
    if _HAN_CHAR.match(before):
        return spaced or not re.match(r"[\dA-Za-z]", follows) or bool(_ITEM_NUMBER.match(follows))
    if not spaced and _HAN_CHAR.match(follows) and text[after - 1] in '”’」』"':
        return False  # English quoted in Chinese
    if not spaced and after == dot + 1:
        # A space forgotten, which only a whole word before and a plain first word after can tell from an address.
        whole_word = re.search(r"(?:^|[\s(])[a-z-]{3,}$|[)\d%]$", text[max(at, dot - 20) : dot])
        return bool(whole_word and not before.isdigit() and _starts_sentence(follows))
    word_match = _WORD.search(text, max(at, dot - 30), dot)
    word = word_match[0] if word_match else ""
    lower = word.lower()
    if re.fullmatch(r"\d{1,2}", word) and text[
        max(at, dot - len(word) - 3) : dot - len(word)
    ].rstrip().endswith((":", "：", ";", "；")):
        return False  # "as follows: 1. …"
    if word in _BEFORE_NAME or word[:1].lower() + word[1:] in _BEFORE_NAME:
        return False
    if lower in _MAY_END or _INITIALS.fullmatch(word):
        return _starts_sentence(follows)
    if lower in _BEFORE_NUMBER:
        return not re.match(r"[\d#§]|[IVXLC]+\b|[A-Z]-?\d|\(\d", follows)
    return not _NO_VOWEL.fullmatch(word) or _starts_sentence(follows)


def _starts_sentence(text: str) -> bool:
    """Whether a text's first word is one that begins sentences and hardly a name."""
    match = _FIRST_WORD.match(text)
    return match is not None and match[1] in _STARTERS
