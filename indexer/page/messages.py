"""What the page says, in English and Chinese."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import streamlit as st

from indexer.types import LANGS, Lang

MESSAGES = {
    "tagline": (
        "Search Chinese environmental bulletins by meaning, in Chinese or English",
        "用中文或英文提问，按含义检索生态环境公报",
    ),
    "interface": ("Language of this page", "界面语言"),
    "question": ("Your question", "您的问题"),
    "placeholder": ("Ask in English or Chinese…", "用中文或英文提问……"),
    "search": ("Search", "搜索"),
    "scope": ("Language of the bulletins", "公报语言"),
    "both": ("Both languages", "中英文"),
    "examples": ("For example", "例如"),
    "type_something": (
        "Type a question or some words, in Chinese or English.",
        "请输入问题或关键词，中英文均可。",
    ),
    "stats": (
        "{documents} documents, {passages} passages ({by_lang}) · updated {updated}",
        "已收录 {documents} 份文件、{passages} 个段落（{by_lang}）· 更新于 {updated}",
    ),
    "passages_zh": ("{n} Chinese", "中文 {n}"),
    "passages_en": ("{n} English", "英文 {n}"),
    "never": ("never", "从未"),
    "failed": (
        "{n} files could not be read; the command “qingshan status” lists them.",
        "有 {n} 个文件无法读取，可用命令 qingshan status 查看。",
    ),
    "failed_one": (
        "1 file could not be read; the command “qingshan status” names it.",
        "有 1 个文件无法读取，可用命令 qingshan status 查看。",
    ),
    "missing": (
        "There is no index yet. Make one from a folder of bulletins, then look again:",
        "尚未建立索引。请用公报所在的文件夹建立索引，然后重试：",
    ),
    "empty": (
        "The index is empty. Fill it from a folder of bulletins; this page notices by itself:",
        "索引为空。请用公报所在的文件夹填充索引，本页会自动识别：",
    ),
    "again": ("Look again", "重试"),
    "opening": ("Opening the index…", "正在打开索引……"),
    "found": ("The best {n} of {total} passages ({by_lang})", "{total} 个段落中最相关的 {n} 个（{by_lang}）"),
    "nothing": (
        "Nothing in the index matches this question.",
        "索引中没有与此问题相符的内容。",
    ),
    "nothing_scope": (
        "No bulletin in this language matches. Try both languages.",
        "该语言的公报中没有相符内容，请尝试“中英文”。",
    ),
    "irrelevant": ("Nothing relevant found.", "未找到相关内容。"),
    "nearest_topics": ("The nearest topics in the index: {topics}.", "索引中最接近的主题：{topics}。"),
    "nearest": ("Nearest passages", "最接近的段落"),
    "too_narrow": (
        "A filter may be too narrow: without filters there are relevant passages.",
        "筛选条件可能过窄：不加筛选时有相关段落。",
    ),
    "not_the_filters": (
        "Without the filters there is nothing relevant either.",
        "不加筛选也没有相关内容。",
    ),
    "question_zh": ("Question in Chinese. ", "中文提问。"),
    "question_en": ("Question in English. ", "英文提问。"),
    "also_searched": ("Also searched: ", "同时检索："),
    "no_terms": ("no terms", "无"),
    "terms": ("Terms", "检索词"),
    "terms_help": (
        "Terms that are searched for in the other language as well. Clear one that is meant otherwise.",
        "这些词也以另一种语言检索；含义不符的可取消勾选。",
    ),
    "glossary": ("our glossary", "专业词表"),
    "cedict": ("CC-CEDICT", "CC-CEDICT"),
    "remove_filter": ("Remove this filter", "移除此筛选条件"),
    "add_filter": ("Adds {typed} to the question", "在问题中加入 {typed}"),
    "rest": ("Weaker matches", "相关性较低"),
    "more": ("More passages", "更多段落"),
    "strong": ("Strong match", "高度相关"),
    "good": ("Good match", "相关"),
    "weak": ("Weak match", "弱相关"),
    "context": ("Show in context", "查看上下文"),
    "in_context": ("In context", "上下文"),
    "cite": ("Cite", "引用"),
    "digest": (
        "Characters {start}–{end} of the text; SHA-256 of the passage:",
        "文本第 {start}–{end} 字符；段落 SHA-256：",
    ),
    "download": ("Download file", "下载原文件"),
    "gone": (
        "The file is no longer where it was indexed. Run reindex again.",
        "文件已不在原处，请重新运行 reindex。",
    ),
    "source": ("Web page", "网页原文"),
    "also_at": ("Also at", "另存于"),
    "reprints": ("{n} reprints", "{n} 处转载"),
    "reprint": ("1 reprint", "1 处转载"),
    "Hant": ("Traditional", "繁体"),
    "Hans": ("Simplified", "简体"),
    "differs": ("What differs", "比较差异"),
    "differences": ("What differs", "差异比较"),
    "signs": (
        "– only in the first, + only in the second. Script, width, punctuation and line breaks don't count.",
        "– 仅见于前者，+ 仅见于后者。繁简、全半角、标点与换行的不同不计。",
    ),
    "no_difference": ("Both have the same words.", "两者文字相同。"),
    "same": ("{n} characters the same", "相同内容 {n} 字"),
    "before": ("{n} more characters before", "前面还有 {n} 字"),
    "after": ("{n} more characters after", "后面还有 {n} 字"),
    "unexpected": (
        "Something went wrong on our side. Try again; if it happens again, look at the server's log.",
        "出了点问题，请重试；若仍未解决，请查看服务器日志。",
    ),
}

# What citations call a place, for readers of Chinese.
PLACES_ZH = {
    "p.": "第 {} 页", "pp.": "第 {} 页", "line": "第 {} 行", "lines": "第 {} 行",
    "para.": "第 {} 段", "paras.": "第 {} 段",
}  # fmt: skip


def page_lang() -> Lang:
    """What the switch says, else the browser's language."""
    chosen = st.session_state.get("ui")
    for lang in LANGS:
        if chosen == lang:
            return lang
    return "zh" if (st.context.locale or "").lower().startswith("zh") else "en"


def t(key: str, **values: object) -> str:
    """A message in the language of the page."""
    english, chinese = MESSAGES[key]
    return (chinese if page_lang() == "zh" else english).format(**values)


def count_by_lang(counts: Mapping[Any, int]) -> str:
    """For example "60 Chinese, 55 English"."""
    separator = "、" if page_lang() == "zh" else ", "
    return separator.join(t(f"passages_{lang}", n=f"{counts[lang]:,}") for lang in LANGS if counts.get(lang))


def local_time(moment: str | None) -> str:
    """A UTC moment on the reader's clock."""
    if not moment:
        return t("never")
    try:
        clock = ZoneInfo(st.context.timezone or "UTC")
        return datetime.fromisoformat(moment).astimezone(clock).strftime("%Y-%m-%d %H:%M")
    except (ValueError, OSError, KeyError):
        return moment
