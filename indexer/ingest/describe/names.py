"""Names of bodies and media: what looks like one, and what is left of it without the words around it."""

from __future__ import annotations

import re
import unicodedata

from indexer.language.regex import regex

HAN = "\u3400-\u9fff"

_ENDS = (
    "委员会|委員會|代表大会|代表大會|常委会|国务院|國務院|人民政府|特区政府|特區政府|省政府|市政府|县政府|区政府|办公厅|办公室|辦公室|"
    "厅|廳|局|部|委|院|署|处|處|办|总站|监测站|中心|监测中心|协会|協會|学会|學會|研究所|管委会|领导小组|领导小组办公室|指挥部|"
    "督察组|督察办|总队|支队|大队|委办|集团|集团公司|有限公司|总公司|大学|学院|街道办事处|办事处|法院|检察院|党组|党委|秘书处|基金会|交易所"
)
_BODY = rf"[{HAN}（）()·]{{0,40}}?(?:{_ENDS})"
# Several bodies stand side by side: "最高人民法院、最高人民检察院", "中共中央 国务院".
_LEADING = rf"(?:中共中央|全国人大常委会|[{HAN}]{{2,10}}(?:省委|市委|县委|区委))"
_BODY_LINE = regex(rf"(?:{_BODY}|{_LEADING})(?:[、\s\u3000]+(?:{_BODY}|{_LEADING}))*等?")
_NO_BODY = regex(
    r"[的了把被]|是(?!否)|在(?!线)|关于|關於|如何|转发|批转|发布|公布|加强|推进|召开|印发|开展|举行|举办|赴|我[省市县区厅局]|本[省市县区厅局]|"
    r"^(?:[一二三四五六七八九十]+[、是]|第[一二三四五六七八九十\d]+[章节条、，]|各|全[省市县区]|有关|相关|其他|组织领|主要|基本)|附件|部分$|"
    r"^.{0,2}(?:内部|外部|中心|干部|全部|总部|南部|北部|东部|西部|中部)$"
)

_EN_HEAD = (
    "Department|Ministry|Bureau|Office|Administration|Commission|Committee|Government|Council|Agency|Congress|"
    "Court|Procuratorate|Cent(?:er|re)|Institute|Academy|Station|Authority|Headquarters|Association|Society|"
    "Foundation|University|Exchange|Secretariat|Brigade|Corps|Group|Inspectorate|Federation|Union"
)
_EN_WORD = r"(?:[A-Z][\w'’.-]*|&)"
_EN_SMALL = r"(?:of|and|the|for|on|in|to)"
ENGLISH_BODY = (
    rf"(?:(?:{_EN_WORD}|{_EN_SMALL}),?\s+){{0,14}}(?:{_EN_HEAD})s?(?:,?\s+(?:{_EN_WORD}|{_EN_SMALL}))*"
)
_ENGLISH_BODY = regex(ENGLISH_BODY)
_EN_VERB = regex(
    r"\b(?:[Hh]olds?|[Hh]eld|[Ii]ssue[sd]?|[Ll]aunche[sd]|[Rr]elease[sd]|[Ss]tart(?:s|ed)|[Oo]rgani[sz]e[sd]|[Cc]onvene[sd]|"
    r"[Pp]ublishe[sd]|[Aa]nnounce[sd]|[Cc]arrie[sd]|[Ii]s|[Aa]re|[Ww]as|[Ww]ere|[Ww]ill|[Hh]as|[Hh]ave|[Tt]akes?|[Mm]akes?|[Mm]eet(?:s|ing)?|"
    r"[Ss]trengthen\w*|[Pp]romot\w+|[Vv]isit\w*|[Ii]nspect(?:s|ed)|[Ss]tep[s]? [Uu]p|[Cc]omplete[sd]?|[Cc]onduct\w*|[Ff]or [Pp]ublic)\b"
)

_PREFIX = regex(
    r"^(?:本文|文章|信息|稿件|内容)?(?:综合|綜合|主要)?(?:转载自|转载|转自|摘编自|摘编|摘自|选自|原载于?|来自|引自|编译自|综合自|整理自|根据|根據|据|據)[:：]?\s*(?=\S{2})"
    r"|^(?:(?:this (?:article|text) (?:is|was) )?(?:compiled|adapted|reprinted|reproduced|excerpted|quoted|taken|extracted|reposted|"
    r"translated|summari[sz]ed|edited|collected)\s+(?:and\s+\w+\s+)?(?:from|by|based on|according to)|from|via|according to|based on)\s+(?:the\s+)?",
    re.I,
)
_COMPILED_TAIL = regex(
    r"(?:(?:发布|發[佈布]|公布|公开|公開)的.*|的|有关|有關|公开|公開|官方|官网|统计|統計|相关|相關)*(?:数据|數據|信息|資訊|资料|資料|材料|公报|公報|报道|報道|消息|新闻|网站)?(?:等)?"
    r"(?:综合|綜合)?(?:编写|編寫|整理|编译|編譯|编辑|汇编|报道|報道|摘编|改写|综合)$"
    r"|\s+(?:public |official |open )?(?:data|releases?|information|announcements?|reports?|materials?|news|notices?|bulletins?|statistics|"
    r"(?:web)?sites?)$",
    re.I,
)
_TAIL = regex(r"(?:综合报道|综合消息|原创稿|原创|供稿|消息|讯)$|(?:\s+(?:original|manuscript))$", re.I)
_CUT = regex(
    r"\s*(?:[|\uff5c丨]|\s{2}|\u3000|(?<!\d)(?:19|20)\d\d\s*[-年/.]\s*\d|\d{1,2}[:：]\d{2}|版权所有|版權所有"
    r"|[（(](?:记者|通讯员|編輯|编辑|作者|版权|版權|据|根据|根據|转载|综合|Reporter|by\b|compiled|based)).*$"
)
_NOBODY = regex(
    r"(?:互联网|网络|网路|網絡|本站|本网|本网站|本站原创|原创|管理员|未知|佚名|不详|暂无|无|其他|其它|系统|我[厅局委部省市县区处办].{0,6}|本[厅局委部处办]|"
    r"转载|来源|网站|官网|编辑部?|作者|集体|admin\w*|system|internet|(?:the )?network|web|original|unknown|this (?:site|website)|none|null|n/?a|"
    r"other|editor|author|anonymous|reprint(?:ed)?|website|source|(?:all )?(?:rights? )?reserved|版权所有|保留所有权利)",
    re.I,
)
_HOST_NAME = regex(r"(?:https?://)?((?:[\w-]+\.)+[a-z]{2,})(?::\d+)?(?:/\S*)?", re.I)

# The name of a paper, agency, station or site.
MEDIUM_NAME = regex(
    rf"[{HAN}]*(?:社|网|網|报|報|台|日报|新闻|客户端|融媒体|在线|杂志|周刊|公众号)(?:[-·].*)?|.*\b(?:News|Daily|Times|Agency|Network|Online|Post|Press|Xinhua|CCTV|TV|net|Weekly|Media)\b.*|[\w.-]+\.[a-z]{{2,}}",
    re.I,
)

MAX_NAME = 120
"""Characters of a name; the full English name of a regional department has eighty."""


def is_body(text: str) -> bool:
    """Whether a Chinese line is nothing but the name of one or more bodies."""
    text = text.strip(" \u3000：:")
    if not 3 <= len(text) <= 100 or not _BODY_LINE.fullmatch(text):
        return False
    return not _NO_BODY.search(text)


def is_english_body(text: str) -> bool:
    """Whether an English line is nothing but the name of a body."""
    text = text.strip(" :")
    if not 6 <= len(text) <= MAX_NAME or text[-1] in ".;!?" or not _ENGLISH_BODY.fullmatch(text):
        return False
    return not _EN_VERB.search(text) and 2 <= len(text.split()) <= 18


def tidy_bodies(text: str) -> str:
    """Names that stand side by side, with 、 between them."""
    names = [name for name in re.split(r"[、\s\u3000]+", text.strip(" \u3000：:、")) if name]
    joined: list[str] = []
    for name in names:
        # Characters spaced out to fill a line: "生 态 环 境 部".
        if joined and (len(name) == 1 or len(joined[-1]) == 1):
            joined[-1] += name
        else:
            joined.append(name)
    return "、".join(joined)


def clean_name(text: str) -> tuple[str | None, bool]:
    """The name in the value of a label such as 来源.

    Returns:
        The name, None if there is none; and whether the text was only compiled from what that body published.
    """
    value = _CUT.sub("", unicodedata.normalize("NFC", text)).strip(_MARKS)
    value = re.sub(r"^(?:来源|來源|Source)\s*[:：]\s*", "", value, flags=re.I)
    compiled = False
    if match := _PREFIX.match(value):
        value = value[match.end() :]
        if tail := _COMPILED_TAIL.search(value):
            compiled, value = True, value[: tail.start()]
        compiled = compiled or bool(re.match(r"compiled|adapted|based|据|據|根", match[0], re.I))
    value = _TAIL.sub("", value).strip(_MARKS)
    if compiled and (value.count("《") != value.count("》") or re.search("关于|關於", value)):
        return None, compiled
    if value.count("《") != value.count("》") or re.fullmatch(r"《[^《》]*》", value):
        value = value.replace("《", "").replace("》", "")
    value = re.sub(r"(?<=[部厅局委会府院署])(?:门户|官方)?(?:网站|官网)$", "", value)
    if value.startswith("the "):
        value = value[4:]
    if match := _HOST_NAME.fullmatch(value):
        return match[1].lower(), compiled
    if not 2 <= len(value) <= MAX_NAME or not re.search(r"[^\W\d_]{2}", value) or _NOBODY.fullmatch(value):
        return None, compiled
    if compiled and not _names_bodies(value):
        return None, compiled
    if len(value) > 60 and re.search(f"[{HAN}]", value):
        return None, compiled
    return (None if re.search(r"[。；！？;!?，:：]|,(?!\s[A-Z])", value) else value), compiled


def _names_bodies(text: str) -> bool:
    """Whether what a text was compiled from are bodies, not laws or standards."""
    if re.search(f"[{HAN}]", text):
        return all(is_body(name.replace("《", "").replace("》", "")) for name in text.split("、"))
    return is_english_body(text)


_MARKS = " \t\u3000：:|｜丨【】[]()（）“”\"'‘’-—–·•*<>\uff1e\uff1c、,，/"
