"""What the pages of these tests are about: some of the sample bulletins, and bulletins that would be more than text."""

from __future__ import annotations

import html
import io
import shutil
import textwrap
from pathlib import Path

from conftest import SAMPLE_CORPUS

SAMPLES = (
    "en-2019-yunnan-plateau-lakes.pdf",
    "en-2021-yangtze-fishing-ban.txt",
    "en-2025-beijing-air-quality-2024.txt",
    "zh-2021-wenzhou-river-chief-black-water.html",
    "zh-2021-yangtze-ten-year-fishing-ban.txt",
    "zh-2025-beijing-air-quality-2024.pdf",
)

EVIL = "evil.example"
# What a browser would run or fetch, in the ways that HTML, SVG, Markdown and Streamlit's own markup have for it.
PAYLOAD = (
    f"<script>alert(1);fetch('http://{EVIL}/s')</script> <svg onload=alert(2)></svg> "
    f"<iframe src=http://{EVIL}/f></iframe> <body onload=alert(3)> <img/src=http://{EVIL}/i onerror=alert(4)> "
    f"<style>*{{display:none}}</style> <link rel=stylesheet href=http://{EVIL}/c> "
    f"<math><a xlink:href=javascript:alert(5)>m</a></math> <details open ontoggle=alert(6)> "
    f"![ picture ](http://{EVIL}/p.png 'x') [ link ](javascript:alert(7)) <http://{EVIL}/a> http://{EVIL}/b www.{EVIL} "
    f":red[red] :material/delete: :smile: $\\href{{javascript:alert(8)}}{{x}}$ `code` **bold** ~~gone~~ </p></div> "
    "\u202efdp.exe\u202c \u2067abc\u2069"
)
TELLTALE = "alert(1)"
"""What must be readable wherever the payload stands in a passage."""

FORMS = {
    "text": "copper kiln at Mudan Bay",
    "markdown": "zinc kiln at Lotus Bay",
    "html": "nickel kiln at Orchid Bay",
    "docx": "cobalt kiln at Plum Bay",
    "pdf": "antimony kiln at Maple Bay",
}
"""Form of a hostile bulletin -> what it alone is about."""
LONG = "gallium kiln at Willow Bay"
"""What the bulletin with a line of five megabytes is about."""


def write_samples(folder: Path) -> Path:
    """Some of the sample bulletins."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in SAMPLES:
        shutil.copy(SAMPLE_CORPUS / name, folder / name)
    return folder


def write_hostile(folder: Path) -> Path:
    """One hostile bulletin in each form, one with a hostile name and a side-car, and one with a very long line."""
    folder.mkdir(parents=True, exist_ok=True)
    text = {form: _sentences(subject) for form, subject in FORMS.items()}
    name = "<img src=x onerror=alert(9)> ![p](x) \"'.txt"
    (folder / name).write_text(f"The {FORMS['text']}\n\n{text['text']}\n", "utf-8")
    (folder / f"{name}.meta.yaml").write_text(
        f"title: 'The {FORMS['text']} <script>alert(10)</script> [t](javascript:alert(11)) :red[t]'\n"
        f"publisher: '<img src=x onerror=alert(12)> ![p](http://{EVIL}/q)'\n"
        f"source: '<a href=http://{EVIL}>s</a>'\n",
        "utf-8",
    )
    (folder / "refused.txt").write_text("A bulletin whose side-car is refused.\n", "utf-8")
    (folder / "refused.txt.meta.yaml").write_text("url: 'javascript:alert(13)//<img src=x>'\n", "utf-8")
    (folder / "lotus.md").write_text(
        f"# The {FORMS['markdown']} <b onclick=alert(14)>\n\n{text['markdown']}\n", "utf-8"
    )
    (folder / "orchid.html").write_text(_page(FORMS["html"], text["html"]), "utf-8")
    (folder / "plum.docx").write_bytes(_word(FORMS["docx"], text["docx"]))
    (folder / "maple.pdf").write_bytes(_pdf(FORMS["pdf"], text["pdf"]))
    # Most of it is what turns the direction of text: so it is cut into some passages, not thousands.
    line = "_" * 20_000 + "\u202e" * 1_700_000
    (folder / "willow.txt").write_text(
        f"The {LONG}\n\nThe {LONG} was inspected in May. <script>alert(1)</script>{line} "
        "Its log is kept for nine years.\n",
        "utf-8",
    )
    return folder


def _sentences(subject: str) -> str:
    return (
        f"The {subject} was inspected in spring, and its operator was fined for burning sludge. {PAYLOAD} "
        f"The {subject} must keep its log for nine years."
    )


def _page(subject: str, text: str) -> str:
    """What the page says, in escaped characters, and what it would do."""
    return (
        f"<!DOCTYPE html><html lang='en'><head><title>The {subject} &lt;img src=x onerror=alert(16)&gt;</title>"
        f"<meta name='author' content='&lt;script&gt;alert(17)&lt;/script&gt;'>"
        "<link rel='canonical' href='javascript:alert(18)'><base href='http://evil.example/'>"
        f"<script>alert(19)</script></head><body onload='alert(20)'><h1>The {subject}</h1>"
        f"<p onclick='alert(21)'>{html.escape(text)}</p><p>It burns {html.escape('<b onmouseover=alert(22)>')} "
        "wood in winter, and the bay is measured <a href='javascript:alert(23)'>every week</a>.</p></body></html>"
    )


def _word(subject: str, text: str) -> bytes:
    from docx import Document

    document = Document()
    document.core_properties.title = f"The {subject} <script>alert(24)</script>"
    document.core_properties.author = "<img src=x onerror=alert(25)>"
    document.add_heading(f"The {subject}", 1)
    document.add_paragraph(text)
    file = io.BytesIO()
    document.save(file)
    return file.getvalue()


def _pdf(subject: str, text: str) -> bytes:
    from reportlab.pdfgen.canvas import Canvas

    file = io.BytesIO()
    canvas = Canvas(file, pagesize=(595, 842))
    canvas.setTitle(f"The {subject} <script>alert(26)</script>")
    canvas.setAuthor("<img src=x onerror=alert(27)>")
    canvas.setFont("Helvetica-Bold", 16)
    canvas.drawString(72, 770, f"The {subject}")
    canvas.setFont("Helvetica", 10)
    visible = "".join(c for c in text if c < "\u2000")  # Helvetica has no others
    for n, line in enumerate(textwrap.wrap(visible, 90)):
        canvas.drawString(72, 740 - n * 14, line)
    canvas.save()
    return file.getvalue()
