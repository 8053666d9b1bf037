"""Words about sources and citations."""

WORDS = {
    "context": ("In context", "原文"),
    "in_context": ("In context", "原文上下文"),
    "to_passage": ("Go to the passage", "跳到该段"),
    "whole": ("The whole document, with the passage marked", "全文，已标出该段"),
    "page_n": ("p. {n}", "第 {n} 页"),
    "left_out": (
        "{n} characters are left out here; download the file for them.",
        "此处略去 {n} 字，请下载原文件查看。",
    ),
    "as_text": ("Text", "文本"),
    "as_page": ("Page", "页面"),
    "as": ("Show as", "显示方式"),
    "page_picture": (
        "Page {page} of {title}, with the passage in a box",
        "《{title}》第 {page} 页，方框内为该段",
    ),
    "boxes_none": (
        "The passage could not be found on the drawn page; it may be a scan. The text has it.",
        "未能在页面图像上定位该段（可能是扫描件），请看文本。",
    ),
    "which_page": ("Page of the file", "页码"),
    "cite": ("Cite", "引用"),
    "style": ("Style of the citation", "引用格式"),
    "style_plain": ("Plain", "文字"),
    "style_gbt7714": ("GB/T 7714", "GB/T 7714"),
    "style_apa": ("APA", "APA"),
    "style_bibtex": ("BibTeX", "BibTeX"),
    "style_ris": ("RIS", "RIS"),
    "digest": (
        "Characters {start}–{end} of the text; SHA-256 of the passage:",
        "文本第 {start}–{end} 字符；段落 SHA-256：",
    ),
    "source": ("Source", "来源"),
    "download": ("Download file", "下载原文件"),
    "gone": (
        "The file is no longer where it was indexed. Run reindex again.",
        "文件已不在原处，请重新运行 reindex。",
    ),
    "web_page": ("Web page", "网页原文"),
}
