"""Words about the corpus and how it is brought up to date."""

WORDS = {
    "corpus": ("Corpus", "文献库"),
    "corpus_documents": ("Documents", "文件"),
    "corpus_passages": ("Passages", "段落"),
    "corpus_dates": ("Dates", "日期"),
    "corpus_updated": ("Updated", "更新"),
    "corpus_undated": ("{n} undated", "{n} 份无日期"),
    "corpus_languages": ("Languages", "语言"),
    "corpus_formats": ("File types", "文件类型"),
    "corpus_publishers": ("Publishers", "发布机构"),
    "corpus_failures": ("Files that could not be read", "无法读取的文件"),
    "corpus_no_failures": ("All files could be read.", "所有文件均可读取。"),
    "corpus_repeated": (
        "Lines left out of passages, because many documents of a site share them",
        "因同一网站多份文件重复而不入段落的行",
    ),
    "corpus_no_repeated": ("None found.", "未发现。"),
    "corpus_line": ("Line", "行"),
    "corpus_site": ("Site", "网站"),
    "corpus_file": ("File", "文件"),
    "corpus_reason": ("Reason, and what to do", "原因与处理办法"),
    "corpus_model": ("Model and versions", "模型与版本"),
    "corpus_size": ("Size on disk", "磁盘占用"),
    "upload": ("Add bulletins", "添加公报"),
    "upload_label": ("Choose files, or drop them here", "选择文件或拖放到此"),
    "upload_help": (
        "They go into the corpus folder's “inbox”. Press “Reindex” to make them searchable.",
        "文件将存入文献库的 inbox 文件夹；点“更新索引”后即可检索。",
    ),
    "uploaded": ("{name} is in the inbox.", "{name} 已存入 inbox。"),
    "upload_off": (
        "Adding bulletins from this page is off. Start the page with QINGSHAN_ALLOW_UPLOAD=1 to allow it.",
        "未开放在本页添加公报。以 QINGSHAN_ALLOW_UPLOAD=1 启动即可开放。",
    ),
    "reindex": ("Reindex", "更新索引"),
    "reindex_running": ("Reindexing… {doing}", "正在更新索引…… {doing}"),
    "reindex_done": (
        "Done: {added} added, {changed} changed, {removed} removed, {failed} unreadable; {passages} passages in all.",
        "完成：新增 {added}，变更 {changed}，移除 {removed}，无法读取 {failed}；共 {passages} 个段落。",
    ),
}
