"""Bytes to text: find the encoding of a file that may declare it wrongly, or not at all."""

from __future__ import annotations

import codecs
from dataclasses import dataclass

from indexer.errors import DocumentError
from indexer.language.regex import regex

# The most frequent characters of Chinese prose, both scripts, and the punctuation around them. A wrong
# decoding gives valid but rare characters; a right one is full of these.
_COMMON = frozenset(
    "的一是不了在人有我他这个们中来上大为和国地到以说时要就出会可也你对生能而子那得于着下自之年过发后"
    "作里用道行所然家种事成方多经么去法"
    "学如都同现当没动面起看定天分还进好小部其些主样理心她本前开但因只从想实日军者意无力它与长把机十民"
    "第公此已工使情明性知全三又关点正业"
    "外将两高间由问很最重并物手应战向头文体政美相见被利什二等产或新己制身果加西斯月话合回特代内信表化"
    "老给世位次度门任常先海通教儿原东声提"
    "立及比员解水名真论处走义各入几口认条平系气题活尔更别打女变四神总何电数安少报才结反受目太量再感建"
    "务做接必场件计管期市直德资命山金指克"
    "许统区保至队形社便空决治展马科司五基眼书非则听白却界达光放强即像难且权思王象完设式色路记南品住告"
    "类求据程北边死张该交规万取拉格望觉术"
    "领共确传师观清今切院让识候带导争运环境污染防护省市县府国务院条例办法规定企业排放标准监测管理生态"
    "大气土壤固体废物质量改善"
    "這個們來為國時說會對於過發後裡經麼現當沒動還進樣實軍無與長機點業將兩間問應戰頭體見產話給門東聲論"
    "處義幾認條氣題爾別變總電數報結務場"
    "計資統區隊決馬聽達強難權設記類據張該規萬領確傳師觀讓識帶導爭運環護監測質態準縣標"
    "，。、：；？！“”‘’（）《》〈〉【】「」『』—…·"
)
_TYPOGRAPHY = frozenset(
    "\u2018\u2019\u201c\u201d\u2013\u2014\u2026\u2022\u00b0\u00b2\u00b3\u00b5\u00b7\u00a0\u00ab\u00bb"
    "\u00e9\u00e8\u00fc\u00f6\u00e4\u20ac\u00a3\u00a9\u00ae\u2122"
)

_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
# A declaration of a subset means the superset in practice.
_SUPERSETS = {
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "big5": "big5hkscs",
    "cp950": "big5hkscs",
    "iso8859-1": "cp1252",
    "ascii": "cp1252",
}
_SIGNATURES = (
    (b"%PDF-", "a PDF file", "PDF 文件", ".pdf"),
    (b"PK\x03\x04", "a Word file or another zip archive", "Word 文件或其他 zip 压缩包", ".docx"),
    (b"\xd0\xcf\x11\xe0", "an old Office file", "旧版 Office 文件", ".doc"),
    (b"\x89PNG", "a picture", "图片", ".png"),
    (b"\xff\xd8\xff", "a picture", "图片", ".jpg"),
    (b"GIF8", "a picture", "图片", ".gif"),
    (b"\x1f\x8b", "a compressed file", "压缩文件", ".gz"),
)

_NOT_ASCII = regex(r"[^\x00-\x7f]")
_MISREAD = regex(r"[\ufffd\ue000-\uf8ff\x00-\x08\x0e-\x1f\x7f-\x9f]")

_HZ = regex(rb"~\{(?:[!-w][!-~]){2,}~\}")
"""Two or more Chinese characters as the mails of the seven-bit age wrote them (RFC 1843)."""

_SAMPLE = 1 << 16
"""Bytes that are enough to judge an encoding by."""

_PLAUSIBLE = 0.25
"""Share of common characters below which a decoding isn't believed; right ones have .5 and more."""


@dataclass(frozen=True, slots=True)
class Decoded:
    """Text and the encoding that it was in."""

    text: str
    encoding: str


def decode(data: bytes, declared: str | None = None) -> Decoded:
    """Decode a file that should hold text.

    In this order: byte order mark, HZ, UTF-32, strict UTF-8, and otherwise the most plausible of the declared
    encoding, GB18030, Big5, UTF-16, Windows-1252, and what charset-normalizer thinks. A few broken bytes (a file cut
    in the middle of a character) are forgiven and become U+FFFD, stray zeros are left out.

    Args:
        data: The file's bytes.
        declared: The encoding that the file or its transport names, which is often wrong.

    Raises:
        DocumentError: The bytes aren't text.
    """
    for bom, encoding in _BOMS:
        if data.startswith(bom):
            text = data.decode(encoding, errors="replace").removeprefix("\ufeff")
            return Decoded(text, encoding.removesuffix("-sig"))
    _refuse_known_binary(data)
    if _HZ.search(data[:_SAMPLE]) and data.isascii():
        text = data.decode("hz", errors="replace")
        if _plausibility(text) >= _PLAUSIBLE:
            return Decoded(text, "hz")
    if (utf_32 := _utf_32(data)) is not None:
        return Decoded(data.decode(utf_32, errors="replace"), "utf-32")
    has_few_zeros = data.count(0, 0, _SAMPLE) * 1000 <= min(len(data), _SAMPLE)
    if has_few_zeros:
        try:
            return Decoded(data.decode("utf-8"), "utf-8")
        except UnicodeDecodeError:
            pass
    try:
        encoding = _most_plausible(data, _normalise(declared))
    except DocumentError:
        if not has_few_zeros or b"\x00" not in data:
            raise
        data = data.replace(b"\x00", b"")
        encoding = _most_plausible(data, _normalise(declared))
    text = data.decode(encoding, errors="replace")
    if _n_bad(text) > max(3, len(text) // 50):
        raise _not_text()
    return Decoded(text, {"big5hkscs": "big5", "cp1252": "windows-1252"}.get(encoding, encoding))


def _refuse_known_binary(data: bytes) -> None:
    for signature, what, chinese, suffix in _SIGNATURES:
        if data.startswith(signature):
            raise DocumentError(
                f"The file looks like a binary file, namely {what}, not text. Rename it to end in "
                f"{suffix} if that is what it is, or take it out of the folder.",
                f"文件似乎是二进制文件（{chinese}），而不是文本。若确是如此，请将后缀改为 {suffix}，否则请移出文件夹。",
            )


def _utf_32(data: bytes) -> str | None:
    """Which UTF-32 this is without a mark, if it is: each character's highest byte is 0, its third mostly."""
    sample = data[: min(_SAMPLE, len(data)) // 4 * 4]
    if len(sample) < 8:
        return None
    for encoding, high, third in (("utf-32-le", 3, 2), ("utf-32-be", 0, 1)):
        if not any(sample[high::4]) and sample[third::4].count(0) > 0.9 * len(sample) / 4 and any(sample):
            text = sample.decode(encoding, errors="replace")
            return encoding if _plausibility(text) >= _PLAUSIBLE else None
    return None


def _not_text() -> DocumentError:
    return DocumentError(
        "The file looks like a binary file, or its encoding can't be made out. "
        "Open it in an editor, save it as UTF-8 text, or take it out of the folder.",
        "文件似乎是二进制文件，或无法判断其编码。请用编辑器打开并另存为 UTF-8 文本，或移出文件夹。",
    )


def _normalise(declared: str | None) -> str | None:
    """Python's name of a declared encoding, widened to its superset; None where there is no such encoding."""
    if not declared:
        return None
    try:
        name = codecs.lookup(declared.strip().strip("\"'")).name
        b"".decode(name)
    except (LookupError, ValueError, UnicodeError):
        return None
    return _SUPERSETS.get(name, name)


def _most_plausible(data: bytes, declared: str | None) -> str:
    sample = data[:_SAMPLE]
    candidates = dict.fromkeys(("utf-8", "gb18030", "big5hkscs", "cp1252"))
    if b"\x00" in sample:
        # No other encoding of text has zero bytes.
        candidates = dict.fromkeys(("utf-16-le", "utf-16-be"))
    elif len(data) % 2 == 0:
        candidates.update(dict.fromkeys(("utf-16-le", "utf-16-be")))
    if declared and declared not in ("utf-16", "utf-32"):
        candidates[declared] = None
    scores = {}
    for name in candidates:
        text = sample.decode(name, errors="replace")
        if len(sample) < len(data):
            text = text[:-2]  # the sample may end inside a character
        # A declaration decides only between decodings that are about equally plausible.
        scores[name] = _plausibility(text) + (0.05 if name == declared else 0.0)
    best = max(scores, key=lambda name: scores[name])
    if scores[best] >= _PLAUSIBLE:
        return best
    from charset_normalizer import from_bytes

    guess = from_bytes(sample).best()
    if guess is not None and b"\x00" not in sample and _plausibility(str(guess)) > scores[best]:
        return str(guess.encoding)
    if b"\x00" in sample or scores[best] < 0:
        raise _not_text()
    return best


def _plausibility(text: str) -> float:
    """How much a decoding looks like Chinese or English prose: about 1 is sure, below 0 is impossible."""
    special = _NOT_ASCII.findall(text)
    n_bad = _n_bad(text)
    if not special:
        return 0.5 - 10 * n_bad / max(len(text), 1)
    n_han = sum("\u4e00" <= character <= "\u9fff" for character in special)
    if n_han * 2 < len(special) and len(special) * 10 < len(text):
        # English with typographic quotes: what isn't ASCII must be typography.
        good = sum(character in _TYPOGRAPHY or character in _COMMON for character in special)
    else:
        good = sum(character in _COMMON for character in special)
    return (good - 10 * n_bad) / len(special)


def _n_bad(text: str) -> int:
    return len(_MISREAD.findall(text)) - text.count("\x1b")
