"""Take out what isn't part of a bulletin: navigation, share bars, counters, filing numbers, markup.

The rules know words and shapes that stand on lines of their own all over Chinese and English government
sites, not any one site. A line is dropped as a whole or kept; what is kept stays verbatim but for white
space, invisible characters, markup, and pinyin that a scraper put after each character. Cleaning twice is
the same as cleaning once.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from indexer.types import Line

_HAN = "\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"

# Control, bidirectional and zero-width characters, soft hyphens, byte order marks, surrogates.
_INVISIBLE = re.compile(
    "[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\u00ad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2069"
    "\ufe0e\ufe0f\ufeff"
    "\ufff9-\ufffb\ud800-\udfff]"
)
_SPACES = re.compile(r"[ \t\x0b\x0c\x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\r\n]+")
_WIDE_SPACES = re.compile(r" *\u3000[ \u3000]*")

# Markup.
_ATTRIBUTES = re.compile(r"\{(?:\s*(?:[.#][\w-]+|:?[\w-]+=(?:\"[^{}\"]*\"|'[^{}']*'|[^{}\s\"']+)))*\s*\}")
_IMAGE = re.compile(r"!\[[^\[\]]*\]\([^()\s]*(?:\([^()\s]*\)[^()\s]*)*(?:\s+\"[^\"]*\")?\)")
_LINK = re.compile(r"\[([^\[\]]*)\]\(([^()\s]*(?:\([^()\s]*\)[^()\s]*)*)(?:\s+\"[^\"]*\")?\)")
_EMPHASIS = re.compile(r"\*\*(?=[^\s*])((?:(?!\*\*).)+?)(?<=[^\s*])\*\*")
_HEADING = re.compile(r"(?:#{1,6} +)+(?=\S)")
_QUOTE = re.compile(rf">[ >]*(?=[A-Za-z{_HAN}\"'“‘「『（(《【])")
_FENCED = re.compile(r":{3,}\s*(?:\w+\b\s*)?")
_ONLY_MARKUP = re.compile(
    r"(?:#{1,6}|[-*_=~]{3,}|\|?(?:\s*:?-{2,}:?\s*\|)+(?:\s*:?-{2,}:?\s*)?|`{3,}\w*|~{3,}\w*|:{3,}.{0,12}|"
    r"\[\[[\w-]+:.*\]\]|[|\s]+"
    r"|</?[a-zA-Z][^<>]{0,80}>|<!--.*-->|\[\[?toc\]?\])",
    re.I,
)
_PINYIN = re.compile(rf"(?<=[{_HAN}])[(（][a-zü]{{0,3}}[āáǎàēéěèīíǐìōóǒòūúǔùǖǘǚǜńňǹḿ][a-zü]{{0,3}}[)）]")
_MIN_PINYIN = 3
"""Pinyin notes in a document from which they are a scraper's, not a writer's on a rare character."""

# Headings that formats without styles don't mark: "第一章 总则", "一、总体要求", "Chapter 2 ...".
_CHAPTER = re.compile(r"第[一二三四五六七八九十百零〇\d]{1,4}[编編章节節](?![^\s\u3000]*[，。；])")
_NUMBERED_HEADING = re.compile(
    rf"[一二三四五六七八九十]{{1,3}}、|\d{{1,2}}(?:\.\d{{1,2}}){{1,3}}[ \u3000][{_HAN}、（）]{{4,24}}$"
)
_BRACKETED = re.compile(r"【[^【】]{2,20}】")
_SENTENCE_END = re.compile(r"[。！？；，、：.!?;:,…]$")

_DATE = r"\d{4}\s*[-/.年]\s*\d{1,2}\s*[-/.月]\s*\d{1,2}\s*日?"
_TIME = r"(?:\s*T?\d{1,2}[:：]\d{2}(?:[:：]\d{2})?)"
_DATED = (
    r"(?:发布|发表|发稿|更新|上传|录入|成文|生成|公开|印发|發佈|發布)?(?:时间|日期|時間)|Release Time|"
    r"Date|Time"
)
# The labels of a line such as "发布时间：2018-06-04 发布者： 点击次数：1122".
# A date follows those of the first kind.
_FIELD = re.compile(
    rf"(?P<dated>(?<![{_HAN}A-Za-z])(?:{_DATED})|(?:Release|Publish|Post|Update)(?:d|ed)?(?: Time|"
    rf" Date| on)?)\s*[:：]"
    r"|(?:发布者|发布人|发布机构|发布单位|(?:信息|文章|稿件|新闻|资料)?(?:来源|來源)于?|出处|作者|"
    r"(?:责任)?编辑|責任編輯|责编|"
    r"校对|供稿|撰稿|录入|(?:点击|浏览|访问|阅读|查看|瀏覽|點擊)(?:次数|次數|量|数|數)?|人气|字号|"
    r"字体|字體|字號|分享(?:到|至)?|"
    r"\b(?:Source|Author|Editor|Views?|Hits?|Clicks?|Font(?: size)?|Share(?: to)?))\s*[:：]",
    re.I,
)
_STAMP = re.compile(rf"[\s\[(（【|]*(?:{_DATE})?{_TIME}?[\s\])）】|]*", re.I)
# An entry of a list of other news: its title and when it came out, to the second.
_LISTED = re.compile(rf".{{6,80}}\s{_DATE}\s+\d{{1,2}}:\d{{2}}:\d{{2}}")
_DATE_AND_TIME = re.compile(rf"[\[(（【]?\s*{_DATE}{_TIME}\s*[\])）】]?")
_RELATIVE_DATE = re.compile(
    r"(?:(?:Release|Publish|Update|Post)(?:ed|d)?\s*(?:Time|Date|on)?\s*[:：]?\s*)?(?:\d+|an?|one|last)\s+"
    r"(?:minute|hour|day|week|month|year)s?\s+ago|(?:发布|更新|發佈|發布)?(?:时间|"
    r"時間)?\s*[:：]?\s*\d+\s*(?:分钟|小时|天|周|个月|年|分鐘|小時|個月)前",
    re.I,
)
_BREADCRUMB = re.compile(
    r"(?:您?的?(?:当前|现在|所在|當前|現在)(?:的)?(?:所在)?(?:位置|页面)(?:是)?\s*[:：]?.{0,80}|"
    r"(?:You are here|Your (?:location|position)|"
    r"Current (?:location|position))\s*[:：].{0,80}|(?:首页|首頁|主页|主頁|"
    r"Home(?:page)?)\s*(?:[>\uff1e»\u203a|→]+|--?>|&gt;).{0,80})",
    re.I,
)
# Words of widgets and menus; a line of nothing else is navigation.
_WIDGET_PHRASES = (
    "返回首页|返回列表|返回顶部|回到顶部|返回上级|返回|首页|首頁|网站首页|主页|上一页|下一页|上一頁|"
    "下一頁|末页|尾页|上页|下页|"
    "打印本页|打印此页|打印页面|我要打印|打印|列印|关闭窗口|关闭本页|关闭页面|关闭|關閉|收藏本页|"
    "加入收藏|添加收藏夹|收藏|设为首页|"
    "关于我们|联系我们|網站地圖|网站地图|站点地图|法律声明|隐私声明|免责声明|网站声明|版权声明|"
    "版權聲明|网站导航|登录|登錄|注册|註冊|"
    "搜索|检索|分享到|分享至|分享|微信|微博|新浪微博|腾讯微博|QQ空间|QQ好友|人人网|朋友圈|复制链接|"
    "扫一扫|扫码分享|二维码|手机版|电脑版|"
    "无障碍浏览|无障碍|长者模式|适老版|简体中文|繁體中文|简体|繁体|簡體|繁體|中文版|英文版|中文|大|"
    "中|小|默认|默認|超大|"
    "字号|字體|字体|字號|加载更多|查看更多|更多|相关阅读|相关链接|相关新闻|相关文章|相关报道|"
    "推荐阅读|热门推荐|热帖|热词|图集|"
    "新闻评论|网友评论|我要评论|评论|点赞|我要纠错|网页纠错|纠错|举报|查看原文|阅读原文|原文链接|"
    "点击下载|语音播报|朗读|播放|暂停|"
    "新闻资讯|政务公开|信息公开|新闻中心|正文|"
    "home|homepage|about us|contact us|contact|sitemap|site map|links|search|login|register|sign in|"
    "print this page|print|"
    "close window|close|back to top|back|return|next page|next|previous page|previous|prev|share to|"
    "share|facebook|twitter|"
    "wechat|weibo|email this page|email|read more|more|font size|cn|en|english|chinese|language|menu|"
    "news|privacy policy|"
    "terms of use|disclaimer|skip to content|skip to main content|related news|related articles|"
    "subscribe|comments?|a\\+|a-|a|qq"
)


def _any_of(phrases: str) -> str:
    """A pattern for any of the phrases, longest first: a long one isn't read as a short one and a rest."""
    return "|".join(sorted(phrases.split("|"), key=len, reverse=True))


_WIDGETS = re.compile(
    rf"(?>[\s|"
    rf"/\[\]【】()（）·•:：>\uff1e<\uff1c»«,，、+\-]*(?<![A-Za-z])(?:{_any_of(_WIDGET_PHRASES)})(?![A-Za-z]))++"
    r"[\s|/\[\]【】()（）·•:：>\uff1e<\uff1c»«,，、+\-]*",
    re.I,
)
_NEIGHBOUR = re.compile(
    r"[【\[]?(?:上一篇|下一篇|上一条|下一条|上一條|下一條|前一篇|后一篇|"
    r"(?:Previous|Next) (?:article|post|page))"
    r"(?:\s*[】\]]?\s*[:：].{0,120}|\s*[】\]].{0,120}|\s*)",
    re.I,
)
_COUNTER = re.compile(
    r"[\[(（【]?\s*(?:本文|文章|已|共|被)?\s*(?:点击|浏览|访问|阅读|瀏覽|點擊|閱讀|Views?|Hits?|"
    r"Clicks?|Page views)\s*(?:次数|次數|量|数|數|率)?\s*[:：]?\s*"
    r"\[?\s*[\d,]*\s*\]?\s*(?:次|人次|人)?\s*[\])）】]?",
    re.I,
)
# Words that stand only in a site's footer.
_FOOTER = re.compile(
    r"ICP\s*(?:备|備|证|證|No|Record|Filing|\d)|公[网網]安[备備]|公安(?:机关|機關)?\s*[备備]|(?:网站|"
    r"網站)(?:标识码|標識碼)|"
    r"Website Identification (?:Code|No)|Network Security (?:Record|Bei)|Internet Security Record|"
    r"Public (?:Network )?Security\s*(?:Record|Filing|Bei)\b|版权专有|"
    r"版权所有|版權所有|Copyright\s*(?:©|\(c\)|\d{4}|by)|All rights? reserved|©\s*(?:\d{4}|Copyright)|"
    r"(?:技术支持|技術支持|技术支撑|网站维护|运维单位|运行维护|建设维护|网站管理|承建单位)\s*[:：]|"
    r"(?:建议|建議|推荐)使用.{0,30}(?:浏览器|瀏覽器|分辨率)|Website Operation and Maintenance|"
    r"^Technical(?:ly)? Support(?:ed)?(?: by)?\s*[:：]|"
    r"^(?:Produced|Powered) By\b|内容管理系统$|发布系统$",
    re.I,
)
# What stands in a footer too, but may be news: dropped only beside one of the above.
_NEAR_FOOTER = re.compile(
    r"(?:主办单位|主办|主管单位|承办单位|承办|协办单位|协办|联系电话|传真|邮编|邮政编码|地\s?址|"
    r"电\s?话|传\s?真|电子信箱|电子邮箱|通讯地址|网址|"
    r"Unit in Charge|Sponsored by|Sponsors?|Organizers?|Hosted by|Undertaken by|Address|Tel|Fax|"
    r"Postcode|Zip code)\s*[:：].{0,160}",
    re.I,
)
_SPAM = re.compile(
    r"无码|無碼|高清|最新电影|免费观看|免費觀看|在线观看|在線觀看|游戏下载|遊戲下載|私服|博彩|娱乐城|"
    r"百家乐|六合彩|彩票平台|棋牌|"
    r"体育投注|国产精品|國產精品|下载app|casino|porn",
    re.I,
)
_SOURCE_LINK = re.compile(
    r"\s*(?:查看原文|阅读原文|原文链接|原文鏈接|原文|Original(?: text| article| link)?|Source link|"
    r"View original)\s*[:：]?\s*",
    re.I,
)
_BARE_URL = re.compile(
    r"(?:(?:原文|链接|网址|URL|Link|Source)\s*(?:链接|地址)?\s*[:：]\s*)?(https?://[^\s<>\"（）]+)", re.I
)

_MAX_MARKED_UP = 10_000
"""Characters above which a line is data, where markup isn't looked for."""

_MAX_BOILERPLATE = 300
"""Characters above which a line is never boilerplate, whatever it says."""


@dataclass(frozen=True, slots=True)
class CleanedLines:
    """What is left of a file's lines, and what was learnt from the rest.

    Attributes:
        lines: The lines to keep, without empty ones.
        dropped: Lines that were dropped as a whole, with their text normalised; they may tell date and
            source.
        url: Address of the original, where a link said so.
    """

    lines: tuple[Line, ...]
    dropped: tuple[Line, ...]
    url: str | None = None


def clean_lines(lines: Sequence[Line]) -> CleanedLines:
    """Drop boilerplate lines and markup, normalise white space.

    A line that goes on with a paragraph is judged only by its markup: half of a sentence may look like
    anything.
    """
    cleaned = _strip_markup(lines)
    if sum(len(_PINYIN.findall(line.text)) for line, _ in cleaned) >= _MIN_PINYIN:
        cleaned = [(replace(line, text=_strip_pinyin(line.text)), url) for line, url in cleaned]
    dropped: list[Line] = []
    present: list[Line] = []
    broken = True  # whether the line before is missing, so that nothing can go on with it
    for line, _ in cleaned:
        if not line.text or _ONLY_MARKUP.fullmatch(line.text):
            broken = True
            continue
        present.append(replace(line, separator="\n") if broken else line)
        broken = False
    kept: list[Line] = []
    for line, drop in zip(present, _boilerplate(present), strict=True):
        (dropped if drop else kept).append(line)
    return CleanedLines(
        lines=tuple(replace(line, heading=line.heading or _is_heading(line.text)) for line in kept),
        dropped=tuple(dropped),
        url=next((url for _, url in cleaned if url), None),
    )


def _strip_markup(lines: Sequence[Line]) -> list[tuple[Line, str | None]]:
    """The lines without markup, empty ones too, each with the original's address if it says only that."""
    stripped = []
    for line in lines:
        text, heading, url = _strip_line(line.text)
        stripped.append((replace(line, text=text, heading=line.heading or heading), url))
    return stripped


def _strip_pinyin(text: str) -> str:
    while (stripped := _strip_line(_PINYIN.sub("", text))[0]) != text:
        text = stripped
    return text


def _boilerplate(lines: Sequence[Line]) -> list[bool]:
    """Which lines to drop; only lines that are paragraphs of their own."""
    alone = [
        line.separator == "\n" and (following is None or following.separator == "\n")
        for line, following in zip(lines, [*lines[1:], None][: len(lines)], strict=True)
    ]
    footer = [single and _is_footer(line.text) for line, single in zip(lines, alone, strict=True)]
    for order in (range(1, len(lines)), range(len(lines) - 2, -1, -1)):
        step = -1 if order.step == 1 else 1
        for index in order:
            if footer[index + step] and alone[index] and _NEAR_FOOTER.fullmatch(lines[index].text):
                footer[index] = True
    return [
        in_footer or (single and is_boilerplate(line.text))
        for line, single, in_footer in zip(lines, alone, footer, strict=True)
    ]


def _is_footer(text: str) -> bool:
    # Sentences may speak of copyright; lines of a footer don't end like sentences.
    return len(text) <= 200 and not re.search(r"[。！？；]$|[。；].", text) and bool(_FOOTER.search(text))


def is_boilerplate(text: str) -> bool:
    """Whether a whole normalised line belongs to the page and not to the bulletin, footers aside."""
    if len(text) > _MAX_BOILERPLATE or text.endswith(("。", "！", "？", "；")):
        return False
    if any(
        pattern.fullmatch(text)
        for pattern in (
            _RELATIVE_DATE,
            _BREADCRUMB,
            _WIDGETS,
            _NEIGHBOUR,
            _COUNTER,
            _DATE_AND_TIME,
            _LISTED,
            _BARE_URL,
        )
    ):
        return True
    return _is_field_line(text) or len(_SPAM.findall(text)) >= 2


def _is_field_line(text: str) -> bool:
    """Whether a line is all labelled fields about the page, with short values, and perhaps a date first."""
    labels = list(_FIELD.finditer(text))
    if not labels:
        return False
    before = text[: labels[0].start()]
    if not _STAMP.fullmatch(before) and not (len(before) <= 40 and _DATE_AND_TIME.search(before)):
        return False
    ends = [label.start() for label in labels[1:]] + [len(text)]
    for label, end in zip(labels, ends, strict=True):
        value = text[label.end() : end].strip(" \u3000|/[]【】()（）")
        if label["dated"] and not (_STAMP.fullmatch(value) or _RELATIVE_DATE.fullmatch(value)):
            return False
        if len(value) > 60 or re.search(r"[。；，！？;,!?]|[:：](?!\d\d)", value):
            return False
    return True


def _is_heading(text: str) -> bool:
    if len(text) > 40 or _SENTENCE_END.search(text):
        return False
    return bool(
        _CHAPTER.match(text)
        or (_NUMBERED_HEADING.match(text) and len(text) <= 30)
        or _BRACKETED.fullmatch(text)
    )


def _strip_line(text: str) -> tuple[str, bool, str | None]:
    """A line without markup, whether it was marked as a heading, and the original's address if linked."""
    heading = False
    url = None
    # Taking out one thing may bring another to light ("# # Title"), so until nothing changes; each round
    # shortens.
    while True:
        before = text
        text = _INVISIBLE.sub("", text)
        text = _WIDE_SPACES.sub("\u3000", _SPACES.sub(" ", text)).strip(" \u3000")
        if len(text) > _MAX_MARKED_UP:
            return text, heading, url
        link = _LINK.fullmatch(text)
        if link and _SOURCE_LINK.fullmatch(link[1]):
            return "", heading, link[2] if link[2].startswith(("http://", "https://")) else None
        if "](" in text:
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
            return text, heading, url
