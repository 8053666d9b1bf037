"""Labelled fields of a page: ``发布时间：2018-06-04 来源：中国环境报 点击次数：1122``, or the cells of a table."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from indexer.language.regex import regex
from indexer.types import Line

Kind = Literal[
    "data_source", "issuer", "published", "written", "updated", "source", "number", "title", "host", "other", "author",
    "dated",
]  # fmt: skip
"""What a label says of its value.

``published``, ``written`` (成文日期), ``updated`` and ``dated`` (a bare 日期 or Time) are dates. ``issuer`` is the body
that issues, ``source`` where a text was taken from, ``data_source`` where its figures were, ``host`` who keeps the
site. ``other`` labels only end a value.
"""

_HAN = "\u3400-\u9fff"
_MONTH = "(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)"

# The longest label wins: "信息来源" goes before "来源", "Published by" before "Published". Spaces within short
# labels line up columns: "来　源", "文　　号".
_LABELS: dict[Kind, str] = {
    "data_source": r"(?:资料|資料|数据|數據|图片|圖片|照片)(?:来源|來源)|(?:Data|Photo|Picture|Image)s? sources?",
    "issuer": (
        r"(?:发布|发文|制定|印发|制发|颁布|颁发|公开|發[佈布]|公布|出台|信息公开|供稿)(?:机构|机关|单位|部门|主体|機構|機關|單位|部門)"
        r"|(?:Issu(?:ed|ing)|Publish(?:ed|ing)|Releas(?:ed|ing)|Promulgat(?:ed|ing)|Publication|Release|Issuance)"
        r"[ -](?:by|authority|agency|body|organi[sz]ation|organ|department|unit|office|institution)"
        r"|Publisher|Issuer|Posted by"
    ),
    "published": (
        r"信息(?:时间|日期)|(?:信息|文章|新闻|首次)?(?:发\s*布|发表|发稿|发文|刊发|刊登|公布|公开|推送|印发|颁布|發\s*[佈布]|公佈|發表|登载)"
        r"(?:\s*时\s*间|\s*日\s*期|\s*時\s*間|于|於)"
        r"|(?:Release|Publish|Publication|Publishing|Post|Posting|Issue|Issuing|Issuance)(?:d|ed)?(?:[ -]?(?:Time|Date|on|at))?"
        r"|(?:Date|Time) (?:of )?(?:issued?|issuance|publication|published|released?|posted|posting|publishing)"
        r"|(?:Date|Time) (?:released|published|posted)|Information (?:time|date)|Pub[ -]?(?:Date|time)"
    ),
    "written": (
        r"(?:成\s*文|生成|签发|制发)(?:\s*时\s*间|\s*日\s*期)"
        r"|(?:Date|Time) (?:of )?(?:writing|written|signing|signature)|Written (?:on|date)"
    ),
    "updated": (
        r"(?:最后|最近)?(?:更新|修改)(?:于|时间|日期|時間)|(?:Last )?(?:Update|Modifie)d?(?: (?:Time|Date|on|at))?"
    ),
    "source": (
        r"(?:(?:信息|文章|稿件|新闻|文件|内容|本文|消息|資訊|新聞|文稿)\s*)?(?:来\s*源|來\s*源)(?:于|於|自|单位|部门|单位名称)?|稿\s*源|出\s*处"
        r"|转载自|转自|摘自|原载|(?:(?:News|Article|Information|Content|Text|Manuscript|Original|Document) )?Sources?"
        r"(?: of (?:the |this )?(?:information|article|news))?|Reprinted from|Reproduced from|Excerpted from|From"
    ),
    "number": (
        r"(?:发文|文件|公文|文书)?(?:字号|文\s*号|文\s*號|编\s*号)"
        r"|(?:Document|Doc\.?|Issue|Issuing|Official|Reference|File) ?(?:No\.?|number|symbol)"
    ),
    "title": r"(?:文件)?(?:标\s*题|名\s*称|標\s*題|名\s*稱|题\s*名)|(?:Document )?(?:Title|Name)|Headline",
    "host": (
        r"(?:网站)?(?:主办|主管)(?:单位|机关)?|(?:網站)?主[辦管](?:單位)?|版权所有|版權所有|网站名称|網址|网\s*址|网\s*站"
        r"|Unit in Charge|(?:Website )?Sponsor(?:ed|s|ing)?(?: by| unit)?|Host(?:ed)?(?: by| unit)?"
        r"|Copyright(?:ed)?(?: by)?|All rights reserved(?: by)?|Web ?site"
    ),
    "other": (
        r"(?:责任|執行|执行|实习|网络|审核|值班|校对)?(?:编\s*辑|編輯)|责\s*编|責任編輯|审\s*核|校\s*对|录入|记者|通讯员|文[/\uff0f]图|摄影|图片"
        r"|(?:点击|浏览|访问|阅读|查看|瀏覽|點擊|閱讀)(?:次数|次數|量|数|數|率)?|人气|字\s*体|字體|字號|分享(?:到|至)?|打印|收藏"
        r"|关键词|关键字|索\s*引\s*号|(?:主题|公文|信息|体裁|组配|服务|公开|内容)?分类|主题词|公开(?:方式|形式|范围|属性|目录|程序|时限)"
        r"|有效性|效力(?:状态|级别)|(?:实施|生效|施行|失效|废止|截止)(?:日期|时间)|有效期|语种|承办(?:单位)?|协办(?:单位)?|技术支持|运维(?:单位)?"
        r"|维护(?:单位)?|地\s*址|电\s*话|传\s*真|邮\s*编|邮政编码|网站标识码|(?:所属)?(?:栏目|频道)"
        r"|(?:Responsible |Copy |Web |Executive )?Editors?(?: in charge)?|Reporter|Correspondent|Photo(?:graph)?(?: by)?"
        r"|Proofread(?:er|ing)?|Reviewer|Click (?:times|rate|volume)|Page views|Font(?: size)?|Share(?: to)?|Print|Keywords?"
        r"|(?:Number of )?(?:Views?|Hits?|Clicks?|Visits?|Readings?|Browsing|Browse)(?: (?:times|volume|count|number|rate))?"
        r"|Time limit|Public notice period|(?:公示|报名|会议|活动|监测)(?:时间|期限?|日期)|Index (?:No\.?|number)|(?:Subject |Topic |Theme )?(?:Category|Classification)|Column|Channel|Validity|Expiry date"
        r"|Effective (?:date|from)|Deadline|Undertaken by|Undertaker|(?:Co-?)?organi[sz]ers?|Technical support(?: by)?"
        r"|Website (?:Operation and Maintenance|Identification Code)|Address|Tel(?:ephone)?|Fax|Post ?code|Zip code"
    ),
    "author": r"作\s*者|撰\s*稿|发布者|发布人|供\s*稿(?:人|者)?|撰文|Author|Contributed by|Contributor|By",
    "dated": r"(?:录入|添加|上传|创建|提交|发送)(?:时间|日期)|(?:Entry|Upload|Creation|Input) (?:time|date)|时\s*间|日\s*期|時\s*間|Dated?|Time",
}
_DATES: frozenset[str] = frozenset(("published", "written", "updated"))
# Kinds whose labels say enough, wherever they stand.
_PLAIN: frozenset[str] = frozenset(("published", "written", "updated", "issuer", "other"))
_LABEL = regex(
    # A short label within a word is none: "会议时间".
    rf"(?:(?<![A-Za-z{_HAN}])|(?<=[{_HAN}])(?=[{_HAN}]{{4}}))(?:"
    + "|".join(f"(?P<{kind}>{pattern})" for kind, pattern in _LABELS.items())
    + r")(?P<end>\s*[)）\]】]?\s*[:：丨｜]+\s*[】\]]?\s*|\s*\|\s*|\s*[】\]]\s*"
    # Dates need no colon.
    rf"|\s*(?=[12]\d{{3}}\s*[-年/.]|{_MONTH}[a-z]*\.?\s\d|\d{{1,2}}\s{_MONTH}))",
    re.I,
)
_MAYBE = regex(
    rf"[:：|丨｜】\]]|[于於时间期間eno]\s*[12]\d{{3}}\s*[-年/.]|{_MONTH}",
)

_MAX_LINE = 250
"""Characters above which a line is text and holds no fields."""


@dataclass(frozen=True, slots=True)
class Field:
    """A label and what follows it, up to the next label.

    Attributes:
        value: May be empty.
        line: Where it stands.
        quote: Label and value.
        start: Where the label begins in the line.
        leads: Whether only fields, dates and short names stand before it in its line, so that it is no part of
            a sentence.
    """

    kind: Kind
    value: str
    line: Line
    quote: str
    leads: bool
    start: int = 0


def page_fields(lines: Sequence[Line]) -> list[Field]:
    """The labelled fields of lines that follow each other; a label alone in a line has its value in the next."""
    found: list[Field] = []
    waiting: Field | None = None
    for line in lines:
        fields = list(_line_fields(line))
        if waiting is not None and not fields and len(line.text) <= 80:
            found[-1] = Field(waiting.kind, line.text, line, f"{waiting.quote} {line.text}"[:80], True)
        found.extend(fields)
        waiting = fields[-1] if fields and not fields[-1].value and len(fields) == 1 else None
    return found


def _line_fields(line: Line) -> Iterator[Field]:
    text = line.text
    if len(text) > _MAX_LINE or not _MAYBE.search(text):
        return
    labels: list[tuple[Kind, re.Match[str]]] = []
    for match in _LABEL.finditer(text):
        if (kind := _kind(text, match)) is None:
            continue
        # "Pollution source: …", "Meeting date: …": after a word only other labels make it one.
        if labels or kind in _PLAIN or not re.search(r"[A-Za-z] $", text[: match.start()]):
            labels.append((kind, match))
    for index, (kind, match) in enumerate(labels):
        end = labels[index + 1][1].start() if index + 1 < len(labels) else len(text)
        before = text[: labels[0][1].start()]
        yield Field(
            kind,
            text[match.end() : end].strip(" \u3000|｜:：/"),
            line,
            text[match.start() : end].strip()[:80],
            len(before) <= 120 and not re.search(r"[，。；！？]|[.;!?] ", before),
            match.start(),
        )


def _kind(text: str, match: re.Match[str]) -> Kind | None:
    """The kind of a label; None if the match is a word of a sentence."""
    kind = next(kind for kind in _LABELS if match[kind])
    end = match["end"].strip()
    before = text[: match.start()].rstrip()
    if end == "|":  # cells of a table: only where the label fills its cell
        return kind if not before or before.endswith("|") else None
    if end in ("】", "]"):
        return kind if before.endswith(("【", "[")) else None
    if end:
        return kind
    return (
        kind
        if kind in _DATES and match.end() < len(text) and (not before or len(match[0].strip()) > 5)
        else None
    )
