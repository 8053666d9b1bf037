"""A bulletin's title: as declared or labelled, or the line that can be one."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence

from indexer.ingest.describe.dates import beside_date, parse_date
from indexer.ingest.describe.fields import Field
from indexer.ingest.describe.names import HAN, MEDIUM_NAME, is_body, is_english_body
from indexer.ingest.describe.numbers import is_number_line
from indexer.ingest.describe.page import TOP_LINES, Page, fact
from indexer.language.detect import detect_lang
from indexer.language.regex import regex
from indexer.types import Fact, Line

_SECTION_LABEL = regex(
    r"(?:open gov(?:ernance|ernment)(?: affairs)?|government (?:affairs|information|openness)(?: disclosure| openness)?|news(?: center| centre| room|room| information| release)?|home|press releases?|"
    r"(?:public )?(?:announcement|notice)s?|policies|policy documents?|information(?: disclosure| publicity)?|publicity|about us|headlines?|top stories|"
    r"title of the solution|title|images?|solution|description|introduction|overview|abstract|summary|contents?|details?|text|body|main text|"
    r"work (?:updates?|trends|dynamics)|(?:local|provincial|municipal|county|department(?:al)?|industry|environmental)? ?(?:news|updates?|dynamics|trends)|"
    r"current (?:location|position).*|you are here.*|latest news|important news|key news|government documents?|"
    r"(?:附\s?件|附\s?表|附录|附表|附圖|附图)\s*[一二三四五六七八九十\d]*|目\s*[录錄次]|前\s*言|序\s*言|引\s*言|摘\s*要|公\s*告|通\s*告|"
    r"通\s*知|新\s*闻|要\s*闻|动\s*态|正\s*文|简\s*报|函|令|公\s*报|征求意见稿|发布稿|报批稿|送审稿|（?(?:征求意见稿|发布稿|报批稿|送审稿|试行)）?|"
    r"政务公开|政府信息公开|信息公开|新闻中心|新闻资讯|新闻动态|工作动态|政策文件|政策法规|通知公告|公示公告|图片新闻|时政要闻|环保要闻|今日要闻|.{2,8}(?:频道|专栏|专题)|∙.{1,6}∙|[·•].{1,6}[·•]|"
    r"中华人民共和国国家标准|.{2,8}地方标准|中华人民共和国.{2,12}行业标准|中华人民共和国|国家标准|(?:团体|行业|企业|地方)标准|"
    r".{0,20}(?:人民政府|厅|局|部|委|委员会|办公室|国务院)文\s*件|中华人民共和国.{2,12}令|[\u3400-\u9fff]{2,12}(?:部|厅|局|委|政府|委员会)令|[ABC]类|特急|急件|内部资料|不予公开|公开|此件公开发布)\s*[:：]?",
    re.I,
)
_CODE = regex(
    r"(?:代替|.{2,8}(?:国家|地方|行业)标准)?\s*(?:ICS|CCS|GB|HJ|DB|Z)\s?(?:/\s?[TZ])?[\s/]*[\d×][\d\s./×—–A-Z-]*.{0,20}|"
    r"(?:ICS|CCS)\b.{0,30}|第?\s*[\d一二三四五六七八九十]+\s*[号號期]|[\W\d_]+"
)
_SENTENCE_END = regex(r"[。；;，,：:]$|[^.]\.$")
_CHAPTER = regex(
    r"第[一二三四五六七八九十\d]+[编編章节節条條]|[一二三四五六七八九十]{1,3}、|[(（][一二三四五六七八九十]"
)
_FIELD_LINE = regex(
    r".{0,12}(?:发布时间|发布日期|发佈日期|發佈日期|来\s*源|來\s*源|时\s*间|作\s*者|索\s*引\s*号|效力级别|发文机关|发文字号|文\s*号|点击|浏览|Source|Release Time|Release date|Published|Publication date|Author|Index number|Views|Hits|Date)\s*[:：]",
    re.I,
)
_JUNK = regex(
    r"^(?:microsoft word|untitled|无标题|未命名|新建|document\d*|文档\d*|default|index|home|首页|网站首页|正文|详细页|内容页|detail|article|.*\.(?:docx?|pdf|wps|html?|txt)$)|"
    r"^[\W\d_]+$",
    re.I,
)
_SITE = regex(
    rf"\s*(?:_+|\s[-–—|]\s|\s?\||--+|-(?=[{HAN}]{{2,14}}(?:网|网站|社|报|局|厅|委|部|政府|门户)?$)|-(?=[A-Z][\w.]+(?:\.(?:cn|com|net|org))?$))\s*"
)
_SITE_NAME = regex(
    rf"[{HAN}·]{{2,20}}(?:网|網|网站|官网|社|报|報|门户|政府|局|厅|委|委员会|部|频道|在线|平台|客户端)|(?:[\w-]+\.)+(?:cn|com|net|org)(?:\.\w+)?|.*\b(?:News|Daily|Online|Net|Network|Portal|Website|Government|Bureau|Department|Ministry|Agency|Service|Xinhua|CCTV)\b.*|[{HAN}]{{2,6}}",
    re.I,
)
_ABOUT = regex("关于|關於")
# What a notice calls itself at the end of its title.
_KIND = regex(
    "(?:通知|意见|公告|通告|决定|方案|函|批复|办法|规定|报告|解释|令|纪要|答复|公示|请示|计划|规划|条例|说明|通报|公报|细则|指南|意見|決定|規定|辦法)"
    r"(?:[（(〔\[].*)?$"
)
_GENERAL_HEADING = regex(r"(?:section|chapter|part)\s+\w+[:.]?|[\divx]+[.)、]\s", re.I)

MAX_TITLE = 300
"""Characters of a title."""


def find_title(page: Page) -> Fact | None:
    """The title, and where it stands: sets ``title``, ``title_index``, ``title_end`` and ``site`` of ``page``."""
    found = _declared(page) or _labelled(page) or _line(page)
    if found is not None:
        page.title = found.value
        if page.title_index is None:
            _place(page, found.value)
    return found


def _declared(page: Page) -> Fact | None:
    """What the format declares, unless it is a file name or a leftover."""
    title = _tidy(page.loaded.title or "")
    if len(title) < 4 or _JUNK.search(title) or _SECTION_LABEL.fullmatch(title):
        return None
    return fact("title", _without_site(page, title), 0.93, "format", quote=title)


def _labelled(page: Page) -> Fact | None:
    around = {id(line) for line in page.loaded.around}
    for field in page.fields:
        if id(field.line) in around:
            continue
        value = _tidy(field.value)
        if (
            field.kind == "title"
            and field.leads
            and 6 <= len(value) <= MAX_TITLE
            and not parse_date(value[:12])
        ):
            # "名称" and "Name" label many things; a title stands among other fields or is repeated.
            others = {f.kind for f in page.fields} - {"title", "other", "host"}
            if others or sum(value in line.text for line in page.lines[:TOP_LINES]) > 1:
                return fact("title", value, 0.95, "label", field.line, field.quote)
    return None


def _line(page: Page) -> Fact | None:
    field_at = {id(field.line): field for field in reversed(page.fields) if field.leads}
    index, confidence = _title_index(page.lines, field_at)
    if index is None:
        index, confidence = _before_articles(page.lines), 0.8
        if index is None:
            return None
    page.title_index = index
    start, end = _stretch(page.lines, index)
    page.title_end = end
    text = _joined([line.text for line in page.lines[start:end]])
    line = page.lines[start]
    if end - start == 1 and (field := field_at.get(id(line))) and field.start:
        text = text[: field.start].strip()  # the page's fields in one line with its title
    value = _without_site(page, _tidy(text))
    if value != text and end < len(page.lines) and page.lines[end].text == value:
        page.title_end = end + 1
    return fact("title", value, confidence, "title line", line, text)


def _before_articles(lines: Sequence[Line]) -> int | None:
    """The name of the rule that an order puts into force: the line before its first chapter or article."""
    for index, line in enumerate(lines[:40]):
        if index and re.match(r"第[一1][章条](?![^\s\u3000]*[，。])|目\s*[录錄次]$", line.text):
            before = lines[index - 1].text
            long_enough = (
                5 <= len(before) <= 60 and not _SENTENCE_END.search(before) and not _FIELD_LINE.match(before)
            )
            return index - 1 if long_enough and not parse_date(before) else None
    return None


def _title_index(lines: Sequence[Line], field_at: Mapping[int, Field]) -> tuple[int | None, float]:
    """The first line that can be a title; a marked heading that follows closely beats a short line.

    Args:
        lines: The clean lines.
        field_at: The first field of each line that has one, by the line's ``id``.
    """
    top = list(lines[:TOP_LINES])
    for index, line in enumerate(top):
        text = unicodedata.normalize("NFKC", line.text)
        if _SECTION_LABEL.fullmatch(text) or _CODE.fullmatch(text) or len(text) < 4 or is_number_line(text):
            continue
        if _FIELD_LINE.match(text) or (len(text) <= 60 and _dated_only(text)):
            continue
        if (stamp := beside_date(text) if len(text) <= 60 else None) and MEDIUM_NAME.fullmatch(stamp[1]):
            continue
        if (field := field_at.get(id(line))) and field.kind != "title":
            before = text[: field.start].strip()
            if (
                len(before) < 8
                or "|" in before
                or field.kind not in ("published", "source", "issuer", "dated")
            ):
                continue
        goes_on = index + 1 < len(lines) and lines[index + 1].separator != "\n"
        zh = detect_lang(text) == "zh"
        ends = _SENTENCE_END.search(text) and not (
            # Translators end titles like sentences; then the fields follow.
            not zh
            and index + 1 < len(top)
            and (id(top[index + 1]) in field_at or _dated_only(top[index + 1].text))
        )
        if len(text) > (80 if zh else 250) or ends or goes_on:
            return None, 0.0  # the body has begun
        if not line.heading and len(text) < (8 if zh else 25):
            for later in range(index + 1, min(index + 4, len(top))):
                if (
                    top[later].heading
                    and len(top[later].text) > len(text)
                    and not _CHAPTER.match(top[later].text)
                    and not _GENERAL_HEADING.match(top[later].text)
                ):
                    return later, 0.85
        if _CHAPTER.match(text):
            return None, 0.0
        # A body's name alone is the sender above a title, if a title follows.
        if is_body(text) or is_english_body(text):
            title = next((i for i in range(index + 1, min(index + 4, len(top))) if _can_follow(top, i)), None)
            if title is not None:
                return title, 0.85
        return index, 0.9 if line.heading else 0.85
    return None, 0.0


def _can_follow(top: Sequence[Line], index: int) -> bool:
    """Whether a line under a body's name is the title."""
    text = top[index].text
    return len(text) >= (6 if _ABOUT.match(text) or _KIND.search(text) else 8) and _may_be_part(text)


def _stretch(lines: Sequence[Line], index: int) -> tuple[int, int]:
    """The lines over which a title goes: the sender above ``关于…``, halves of a centred title."""
    start = index
    while _ABOUT.match(lines[index].text) and start and is_body(lines[start - 1].text):
        start -= 1
    end = index + 1
    while _unfinished(_joined([line.text for line in lines[start:end]])):
        if end == min(len(lines), index + 3) or not _may_be_part(lines[end].text):
            return start, index + 1
        end += 1
    return start, end


def _unfinished(text: str) -> bool:
    """Whether the title of a notice lacks the word that says what it is."""
    return len(text) <= 80 and bool(_ABOUT.search(text)) and not _KIND.search(text)


def _may_be_part(text: str) -> bool:
    """Whether a line may be a part of a title."""
    if len(text) > 60 or _SENTENCE_END.search(text) or _FIELD_LINE.match(text) or _CHAPTER.match(text):
        return False
    return not (is_body(text) or is_number_line(text) or parse_date(text))


def _joined(texts: Sequence[str]) -> str:
    joined = texts[0]
    for text in texts[1:]:
        gap = "" if re.match(f"[{HAN}《“（]", text) else " "
        joined = joined.rstrip() + gap + text.lstrip()
    return joined


def _without_site(page: Page, title: str) -> str:
    """A title without the site's name after it: ``标题_中山网``, ``标题 - 中新网``."""
    title = re.sub(r"^[#*\s]+|[*\s]+$", "", title)
    parts = _SITE.split(title)
    if len(parts) < 2:
        return title
    last = parts[-1].strip()
    head = title[: title.rfind(last)]
    head = re.sub(r"[\s\-_|—–]+$", "", head)
    if len(head) >= 6 and len(last) <= 40 and _SITE_NAME.fullmatch(last) and len(last) < len(head):
        page.site = page.site or last
        return _without_site(page, head)
    return title


def _place(page: Page, title: str) -> None:
    """Find a declared title among the lines."""
    wanted = re.sub(r"\W", "", title)
    for index, line in enumerate(page.lines[:TOP_LINES]):
        if wanted and re.sub(r"\W", "", line.text) == wanted:
            page.title_index, page.title_end = index, index + 1
            return


def _dated_only(text: str) -> bool:
    if not parse_date(text):
        return False
    rest = re.sub(r"\d|[年月日号時时分秒:：/.\-－—–()（）\s|T]|[〇○零一二三四五六七八九十]", "", text)
    return (
        len(rest) <= 1
        or bool(re.fullmatch(r"(?:[A-Z][a-z]+\.?,?\s*)?(?:st|nd|rd|th)?,?", rest))
        or bool(re.search(r"发\s*布|实\s*施", text))
    )


def _tidy(title: str) -> str:
    return re.sub(r"\s+", " ", title).strip()[:MAX_TITLE]
