"""Rich Text Format: what WordPad, Word and WPS save as .rtf, and what many a .doc is inside.

Read here and not by a library, because those at hand take Chinese for Latin where a run has a Latin font, stop at
stray bytes, and lose footnotes, text boxes, list marks and what is hidden or deleted.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from indexer.errors import DocumentError, EmptyDocumentError
from indexer.ingest.decode import decode
from indexer.ingest.load.table import table_lines
from indexer.language.regex import regex
from indexer.types import Line, LoadedFile

_TOKEN = regex(
    rb"\\([A-Za-z]{1,32})(-?\d{1,10})? ?"  # control word
    rb"|\\'([0-9A-Fa-f]{2})"  # byte
    rb"|\\([^A-Za-z])"  # control symbol
    rb"|([{}])|[\r\n\x00]+|([^\\{}\r\n\x00]+)",
    re.S,
)
_HEADING = regex(r"^(?:heading\s*\d|title|标题|標題)", re.I)
_CONTENTS = regex(r"^(?:toc\s*\d|目录\s*\d|目錄\s*\d)", re.I)

# A list mark in the font *Symbol* or *Wingdings*, whose codes are stored as private characters.
_BULLET = regex(r"^[\uf020-\uf0ff] *")

MAX_DEPTH = 500
"""Groups inside of groups; real files have a few dozen."""

_CODEPAGES = {936: "gb18030", 54936: "gb18030", 950: "big5hkscs", 65001: "utf-8", 932: "cp932", 949: "cp949"}
_CHARSETS = {134: "gb18030", 136: "big5hkscs", 128: "cp932", 129: "cp949", 161: "cp1253", 162: "cp1254", 204: "cp1251",
             238: "cp1250"}  # fmt: skip

# Groups that hold no text of the document.
_SKIPPED = frozenset(
    """annotation atnauthor atndate atnicn atnid atnparent atnref atntime atrfend atrfstart author background bkmkend
    bkmkstart blipuid colorschememapping colortbl comment company creatim datafield datastore docvar falt fldinst
    filetbl fontemb footer footerf footerl footerr ftncn ftnsep ftnsepc aftncn aftnsep aftnsepc generator header
    headerf headerl headerr keywords latentstyles listoverridetable listtable mmathPict nonesttables nonshppict
    objdata objclass operator panose pict pn private revtbl rsidtbl rxe sn sp shprslt sv tc template themedata
    txe userprops xe xmlnstbl""".split()
)
_KEPT = frozenset("shpinst shptxt dptxbxtext listtext pntext fldrslt footnote shppict upr".split())
_SYMBOLS = {
    "emdash": "—", "endash": "–", "emspace": " ", "enspace": " ", "qmspace": " ", "bullet": "•", "lquote": "‘",
    "rquote": "’", "ldblquote": "“", "rdblquote": "”", "tab": " ", "nestcell": " ", "nestrow": " ",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class _State:
    """What a group inherits and forgets at its end."""

    target: str = "text"
    """Where text goes: ``text``, ``note``, ``fonts``, ``styles``, ``title`` or ``none``."""
    font: int = -1
    unicode_skip: int = 1
    hidden: bool = False
    deleted: bool = False


@dataclass(slots=True)
class _Paragraph:
    pieces: list[str] = field(default_factory=list)
    style: int = 0
    outline: int | None = None
    in_table: bool = False


class _Reader:
    """Goes through the tokens once and gathers lines."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.codepage = _codepage(data)
        self.state = _State()
        self.stack: list[_State] = []
        self.fonts: dict[int, str] = {}
        self.default_font = -1
        self.styles: dict[int, str] = {}
        self.style_name: list[str] = []
        self.style_number = 0
        self.title: list[str] = []
        self.raw = bytearray()
        self.lines: list[Line] = []
        self.paragraph = _Paragraph()
        self.note: list[str] = []
        self.notes: list[str] = []
        self.cell: list[str] = []
        self.cells: list[str] = []
        self.rows: list[list[tuple[str, int, bool]]] = []
        self.goes_on: list[bool] = []
        self.merged = False

    def read(self) -> None:
        position = 0
        to_skip = 0  # characters that repeat the last \u in another encoding
        ignorable = False  # the group began with \*
        while (match := _TOKEN.match(self.data, position)) is not None:
            position = match.end()
            word, argument, byte, symbol, brace, text = match.groups()
            if text is not None:
                used = min(to_skip, len(text))
                to_skip -= used
                self.raw += text[used:]
                continue
            if byte is not None:
                if to_skip:
                    to_skip -= 1
                else:
                    self.raw.append(int(byte, 16))
                continue
            if word is None and symbol is None and brace is None:
                continue  # a line break of the file
            self._flush()
            to_skip = 0
            if brace == b"{":
                if len(self.stack) >= MAX_DEPTH:
                    raise DocumentError(
                        "The RTF file is nested too deeply. Open it in Word and save it as .docx.",
                        "RTF 文件嵌套过深。请在 Word 中打开，另存为 .docx。",
                    )
                self.stack.append(self.state)
                ignorable = False
            elif brace == b"}":
                self._end_group()
                if not self.stack:
                    break
            elif symbol is not None:
                if symbol == b"*":
                    ignorable = True
                elif symbol in b"\\{}":
                    self.raw += symbol
                elif symbol == b"~":
                    self._add(" ")
                elif symbol == b"_":
                    self._add("-")
                elif symbol in b"\r\n":
                    self._end_paragraph()
            else:
                name = word.decode("ascii")
                number = int(argument) if argument is not None else None
                if name == "bin":
                    position += max(0, number or 0)
                elif name == "u":
                    if number is not None:
                        self._add(chr(number % 0x10000))
                    to_skip = self.state.unicode_skip
                else:
                    self._word(name, number, ignorable)
                ignorable = False
        self._flush()
        if self.paragraph.pieces or self.notes:
            self._end_paragraph()
        self._end_table()

    def _word(self, name: str, number: int | None, ignorable: bool) -> None:
        if name in _SKIPPED or (ignorable and name not in _KEPT):
            self.state = replace(self.state, target="none")
        elif name in _TARGETS:
            self.state = replace(self.state, target=_TARGETS[name])
        elif name == "info" or name == "shpinst":
            self.state = replace(self.state, target="none")
        elif name in _SYMBOLS:
            self._add(_SYMBOLS[name])
        elif name in _ENDS and self.state.target in ("text", "note"):
            _ENDS[name](self)
        elif name == "uc":
            self.state = replace(self.state, unicode_skip=max(0, min(number or 0, 100)))
        elif name == "f":
            self.state = replace(self.state, font=number or 0)
        elif name == "deff":
            self.default_font = number or 0
        elif name == "fcharset" and self.state.target == "fonts" and number in _CHARSETS:
            self.fonts[self.state.font] = _CHARSETS[number]
        elif name == "v":
            self.state = replace(self.state, hidden=number != 0)
        elif name == "deleted":
            self.state = replace(self.state, deleted=number != 0)
        elif name == "plain":
            self.state = replace(self.state, font=self.default_font, hidden=False, deleted=False)
        elif name == "s" and self.state.target == "styles":
            self.style_number = number or 0
        elif self.state.target == "text":
            self._paragraph_word(name, number)

    def _paragraph_word(self, name: str, number: int | None) -> None:
        if name == "pard":
            self.paragraph = _Paragraph(self.paragraph.pieces)
        elif name == "s":
            self.paragraph.style = number or 0
        elif name == "outlinelevel":
            self.paragraph.outline = number
        elif name == "intbl":
            self.paragraph.in_table = True
        elif name == "trowd":
            self.goes_on = []
        elif name == "clvmrg":
            self.merged = True
        elif name == "cellx":
            self.goes_on.append(self.merged)
            self.merged = False

    def _flush(self) -> None:
        """Decode the bytes gathered so far by the font that they are shown in."""
        if not self.raw:
            return
        raw = bytes(self.raw)
        self.raw.clear()
        if self.state.target == "none":
            return
        self._add(self._decoded(raw))

    def _decoded(self, raw: bytes) -> str:
        if raw.isascii():
            return raw.decode("ascii")
        encoding = self.fonts.get(self.state.font)
        if encoding is None:
            encoding = self.codepage
            # A Latin letter with an accent stands alone; Chinese comes in pairs of bytes.
            if encoding != "cp1252" and any(len(run) % 2 for run in re.findall(rb"[\x80-\xff]+", raw)):
                try:
                    return raw.decode(encoding)
                except UnicodeDecodeError:
                    encoding = "cp1252"
        return raw.decode(encoding, errors="replace")

    def _add(self, text: str) -> None:
        state = self.state
        if state.hidden or state.deleted:
            return
        if state.target == "text":
            self.paragraph.pieces.append(text)
        elif state.target == "note":
            self.note.append(text)
        elif state.target == "styles":
            self.style_name.append(text)
        elif state.target == "title":
            self.title.append(text)

    def _end_group(self) -> None:
        before = self.state
        if before.target == "styles" and self.style_name:
            self.styles[self.style_number] = "".join(self.style_name).strip(" ;\r\n")
            self.style_name, self.style_number = [], 0
        self.state = self.stack.pop() if self.stack else _State("none")
        if before.target == "note" and self.state.target != "note":
            self._end_note()

    def _end_note(self) -> None:
        text = _whole("".join(self.note)).strip()
        self.note = []
        if text:
            self.notes.append(text)

    def _end_paragraph(self) -> None:
        if self.state.target == "note":
            self.note.append(" ")
            return
        paragraph, self.paragraph = self.paragraph, replace(self.paragraph, pieces=[])
        text = _whole("".join(paragraph.pieces))
        if paragraph.in_table:
            self.cell.append(text.replace("\n", " "))
            return
        self._end_table()
        name = self.styles.get(paragraph.style, "")
        if _CONTENTS.match(name):
            return
        heading = bool(_HEADING.match(name)) or (paragraph.outline is not None and 0 <= paragraph.outline < 9)
        for piece in text.split("\n"):
            piece = _BULLET.sub("• ", piece.strip(" "))
            self._add_line(piece, heading and bool(piece))
        self._add_notes()

    def _end_cell(self) -> None:
        self.cell.append(_whole("".join(self.paragraph.pieces)).replace("\n", " "))
        self.paragraph.pieces.clear()
        self.cells.append(" ".join(text.strip() for text in self.cell if text.strip()))
        self.cell = []

    def _end_row(self) -> None:
        self.rows.append(
            [
                (text, 1, index < len(self.goes_on) and self.goes_on[index])
                for index, text in enumerate(self.cells)
            ]
        )
        self.cells = []

    def _end_table(self) -> None:
        if self.cell:
            self._end_cell()
        if self.cells:
            self._end_row()
        rows, self.rows = self.rows, []
        if rows and all(len(row) == 1 for row in rows):
            rows_of_text = [row[0][0] for row in rows]  # a frame around text
        else:
            rows_of_text = table_lines(rows)
        for text in rows_of_text:
            self._add_line(text, False)
        if rows:
            self._add_notes()

    def _add_line(self, text: str, heading: bool) -> None:
        self.lines.append(Line(text, len(self.lines) + 1, heading=heading))

    def _add_notes(self) -> None:
        for note in self.notes:
            self._add_line(note, False)
        self.notes = []

    def _end_line(self) -> None:
        self._add("\n")


_TARGETS = {
    "fonttbl": "fonts",
    "stylesheet": "styles",
    "title": "title",
    "footnote": "note",
    "shptxt": "note",  # a text box, which stands beside its paragraph
    "dptxbxtext": "note",
}
_ENDS: dict[str, Callable[[_Reader], None]] = {
    "par": _Reader._end_paragraph,
    "page": _Reader._end_paragraph,
    "sect": _Reader._end_paragraph,
    "column": _Reader._end_paragraph,
    "line": _Reader._end_line,
    "cell": _Reader._end_cell,
    "row": _Reader._end_row,
}


def load(data: bytes) -> LoadedFile:
    """Read an RTF file.

    Raises:
        EmptyDocumentError: It holds no text.
        DocumentError: It is nested beyond reason.
    """
    reader = _Reader(data[max(0, data.find(b"{\\rtf")) :])
    reader.read()
    if not any(line.text for line in reader.lines):
        raise EmptyDocumentError(
            "The RTF file holds no text. Open it in Word, and save it again as .docx.",
            "RTF 文件没有文字。请在 Word 中打开，另存为 .docx。",
        )
    title = " ".join("".join(reader.title).split())
    return LoadedFile(
        lines=tuple(reader.lines),
        format="rtf",
        encoding=reader.codepage,
        # Word keeps the title of whatever a file was made from, so that it is believed only where the text has it.
        title=title if title and title in {line.text for line in reader.lines} else None,
    )


def _codepage(data: bytes) -> str:
    """Encoding of the file's bytes: the declared one if it is Chinese, else the one that gives a plausible text."""
    declared = re.search(rb"\\ansicpg(\d{1,6})", data[:4096])
    name = _CODEPAGES.get(int(declared[1])) if declared else None
    if name:
        return name
    raw = bytearray()
    for match in re.finditer(rb"(?:\\'[0-9A-Fa-f]{2})+|[\x80-\xff]+", data):
        raw += (
            bytes.fromhex(match[0].replace(b"\\'", b"").decode("ascii"))
            if match[0][:1] == b"\\"
            else match[0]
        )
        if len(raw) > 1 << 16:
            break
    high = re.sub(rb"[\x00-\x7f]+", b" ", bytes(raw))
    if len(high.strip()) < 4:
        return "cp1252"
    try:
        found = decode(high).encoding
    except DocumentError:
        return "cp1252"
    return {"gb18030": "gb18030", "big5": "big5hkscs", "utf-8": "utf-8"}.get(found, "cp1252")


def _whole(text: str) -> str:
    """Join the halves of characters that RTF writes as two."""
    if not any("\ud800" <= character <= "\udfff" for character in text):
        return text
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
