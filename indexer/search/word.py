"""Kept passages as a Word document (.docx)."""

from __future__ import annotations

import datetime
import io
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from indexer.search.citation import cite, format_citation, one_line, visible

if TYPE_CHECKING:
    from indexer.search.export import Item

_LATIN, _EAST_ASIAN = "Times New Roman", "宋体"


def document(items: Sequence[Item], question: str | None, accessed: datetime.date) -> bytes:
    """A Word document: the question, then each passage with its citation and note.

    Args:
        items: In the order wanted.
        question: As typed; None if the passages answer several.
        accessed: When the sources were last looked at.
    """
    from docx import Document
    from docx.shared import Pt

    made = Document()
    for name in ("Normal", "Title", "Heading 2", "Quote", "Intense Quote"):
        _set_fonts(made.styles[name])
    made.styles["Normal"].font.size = Pt(10.5)
    made.core_properties.title = one_line(question or "摘录 Passages")[:250]
    made.core_properties.author = "Qingshan"
    made.add_heading(one_line(question or "摘录 Passages"), 0)
    for number, item in enumerate(items, 1):
        hit = item.hit
        made.add_heading(f"{number}. {one_line(hit.title)}", 2)
        made.add_paragraph(visible(hit.text), "Quote")
        style = "gbt7714" if hit.lang == "zh" else "apa"
        made.add_paragraph(format_citation(hit, style, accessed))
        cited = cite(hit)
        small = made.add_paragraph().add_run(
            one_line(" · ".join(filter(None, [hit.path, cited.locator, f"SHA-256 {cited.digest}"])))
        )
        small.font.size = Pt(8)
        if item.note.strip():
            made.add_paragraph(visible(item.note.strip()), "Intense Quote")
    out = io.BytesIO()
    made.save(out)
    return out.getvalue()


def _set_fonts(style: Any) -> None:  # noqa: ANN401 - python-docx has classes of its own for each kind of style
    """Fonts for both scripts: python-docx only sets the Latin one, and Word takes the theme's for Chinese then."""
    from docx.oxml.ns import qn

    style.font.name = _LATIN
    fonts = style.element.get_or_add_rPr().get_or_add_rFonts()
    for theme in ("asciiTheme", "hAnsiTheme", "eastAsiaTheme", "cstheme"):
        fonts.attrib.pop(qn(f"w:{theme}"), None)
    fonts.set(qn("w:eastAsia"), _EAST_ASIAN)
