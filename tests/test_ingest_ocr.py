"""Text in pictures: what is said without the extra, and what is read with it."""

import io
import socket

import pytest

from indexer.errors import DocumentError, EmptyDocumentError, NeedsOcrError
from indexer.ingest.load import image, load_file, ocr
from indexer.ingest.load.pdf.layout import clean_pages
from indexer.ingest.load.pdf.paragraph import document_lines
from indexer.ingest.load.pdf.run import recognised_page

Image = pytest.importorskip("PIL.Image")

ROWS = (
    "The department held a meeting on the control of air pollution and",
    "set out the work of this year. All cities shall monitor their",
    "emissions, and they shall publish the results every month.",
)
TEXT = " ".join(ROWS)


def drawn_page(rows=ROWS, size=14):
    """A PDF of one page with text, and the picture of that page at 150 dpi."""
    canvas_module = pytest.importorskip("reportlab.pdfgen.canvas")
    import pypdfium2

    buffer = io.BytesIO()
    canvas = canvas_module.Canvas(buffer, pagesize=(595, 842))
    canvas.setFont("Helvetica", size)
    for n, row in enumerate(rows):
        canvas.drawString(72, 720 - n * 1.5 * size, row)
    canvas.save()
    document = pypdfium2.PdfDocument(buffer.getvalue())
    try:
        return document[0].render(scale=150 / 72).to_pil().convert("L")
    finally:
        document.close()


def encoded(image, kind, **options):
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def pdf(*pages):
    """A PDF whose pages are texts or pictures."""
    canvas_module = pytest.importorskip("reportlab.pdfgen.canvas")
    from reportlab.lib.utils import ImageReader

    buffer = io.BytesIO()
    canvas = canvas_module.Canvas(buffer, pagesize=(595, 842))
    for page in pages:
        if isinstance(page, str):
            canvas.drawString(72, 720, page)
        else:
            canvas.drawImage(ImageReader(page), 0, 0, 595, 842)
        canvas.showPage()
    canvas.save()
    return buffer.getvalue()


@pytest.fixture
def without_extra(monkeypatch):
    monkeypatch.setattr(ocr, "available", lambda: False)


@pytest.fixture
def offline(monkeypatch):
    pytest.importorskip("rapidocr", reason="the extra ocr isn't installed")

    def refuse(*arguments, **options):
        raise AssertionError("text recognition asked the network")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "TIFF", "BMP"])
def test_pictures_without_the_extra_say_what_to_install(without_extra, kind):
    with pytest.raises(NeedsOcrError, match=r"pip install 'qingshan\[ocr\]'"):
        load_file(encoded(Image.new("L", (50, 50)), kind), ".png")


def test_scanned_pdf_without_the_extra(without_extra):
    scan = Image.new("L", (60, 80), 200)
    with pytest.raises(NeedsOcrError, match=r"pip install 'qingshan\[ocr\]'"):
        load_file(pdf(scan, scan), ".pdf")


def test_pdf_of_text_and_scans_without_the_extra_reports_the_scans(without_extra):
    scan = Image.new("L", (60, 80), 200)
    loaded = load_file(pdf(TEXT, scan, scan, TEXT + " Again.", scan), ".pdf")
    assert [(line.text, line.page) for line in loaded.lines] == [(TEXT, 1), (TEXT + " Again.", 4)]
    (note,) = loaded.notes
    assert note.startswith("Pages 2-3, 5 of 5 hold only pictures of text")
    assert "pip install 'qingshan[ocr]'" in note


@pytest.mark.parametrize(
    ("kind", "options"), [("PNG", {}), ("JPEG", {"quality": 60}), ("TIFF", {}), ("BMP", {})]
)
def test_pictures_are_read(offline, kind, options):
    loaded = load_file(encoded(drawn_page(), kind, **options), ".jpg")
    assert [line.text for line in loaded.lines] == [TEXT]
    assert (loaded.format, loaded.n_pages) == (kind.lower(), 1)


def test_pages_of_a_tiff_and_a_sideways_one(offline):
    first, second = drawn_page(), drawn_page(["Second page, which is about", "the quality of water."])
    data = encoded(
        first, "TIFF", save_all=True, append_images=[second.rotate(90, expand=True)], compression="tiff_lzw"
    )
    loaded = load_file(data, ".tif")
    assert [(line.text, line.page) for line in loaded.lines] == [
        (TEXT, 1),
        ("Second page, which is about the quality of water.", 2),
    ]


def test_pages_beyond_the_most_are_told_of(monkeypatch):
    rows = iter(ROWS)
    monkeypatch.setattr(ocr, "available", lambda: True)
    monkeypatch.setattr(ocr, "recognise", lambda _: [ocr.Recognised(next(rows), 60, 300, 500, 320, 0.9)])
    monkeypatch.setattr(image, "MAX_PAGES", 2)
    page = Image.new("L", (600, 800), 255)
    for more, notes in ((1, 0), (2, 1)):
        rows = iter(ROWS)
        loaded = load_file(encoded(page, "TIFF", save_all=True, append_images=[page] * more), ".tif")
        assert [line.text for line in loaded.lines] == list(ROWS[:2]) and loaded.n_pages == 2
        assert len(loaded.notes) == notes and all("first 2 pages" in note for note in loaded.notes)


def test_transparent_and_long_pictures(offline):
    page = drawn_page()
    words = page.point(lambda value: 255 - value)
    clear = Image.new("RGBA", page.size, (0, 0, 0, 0))
    clear.putalpha(words)
    assert [line.text for line in load_file(encoded(clear, "PNG"), ".png").lines] == [TEXT]
    long = Image.new("L", (page.width, page.height * 4), 255)
    for n in range(4):
        long.paste(page, (0, n * page.height))
    texts = [line.text for line in load_file(encoded(long, "PNG"), ".png").lines]
    assert "".join(texts).count("control of air pollution") == 4


def test_only_pages_without_text_are_recognised(offline, monkeypatch):
    calls = []
    recognise = ocr.recognise
    monkeypatch.setattr(ocr, "recognise", lambda picture: calls.append(picture.shape) or recognise(picture))
    loaded = load_file(pdf(TEXT + " First.", drawn_page()), ".pdf")
    assert [(line.text, line.page) for line in loaded.lines] == [(TEXT + " First.", 1), (TEXT, 2)]
    assert len(calls) == 1
    assert loaded.notes == ()


def test_a_picture_of_nothing(offline):
    with pytest.raises(EmptyDocumentError, match="No text was recognised"):
        load_file(encoded(Image.new("RGB", (300, 300), "white"), "PNG"), ".png")


def test_pictures_that_are_bombs_or_damaged(offline):
    huge = encoded(Image.new("1", (12_000, 11_000)), "PNG")
    with pytest.raises(DocumentError, match="pixels, which is too many"):
        load_file(huge, ".png")
    page = encoded(drawn_page(), "PNG")
    with pytest.raises(DocumentError, match="damaged"):
        load_file(page[: len(page) // 2], ".png")


def test_the_engine_writes_nothing_to_the_screen(offline, capfd):
    load_file(encoded(drawn_page(), "PNG"), ".png")
    assert capfd.readouterr() == ("", "")


def test_recognised_rows_in_reading_order():
    def line(text, left, top, right):
        return ocr.Recognised(text, left, top, right, top + 30, 1.0)

    left = [f"左栏第{n:02}行的文字说的是大气污染防治工作" for n in range(12)]
    right = [f"右栏第{n:02}行的文字说的是水污染防治的工作" for n in range(12)]
    found = [line(text, 100, 300 + 50 * n, 700) for n, text in enumerate(left)]
    found += [line(text, 850, 304 + 50 * n, 1450) for n, text in enumerate(right)]
    found.append(line("两栏上面的标题", 600, 100, 900))
    page = recognised_page(found, 1600, 2200)
    lines = [line.text for line in document_lines(clean_pages([page]))]
    assert lines == ["两栏上面的标题", "".join(left), "".join(right)] or "".join(lines[1:]) == "".join(
        left + right
    )
