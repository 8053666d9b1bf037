"""Words about the question."""

WORDS = {
    "tagline": (
        "Search Chinese environmental bulletins by meaning, in Chinese or English",
        "用中文或英文提问，按含义检索生态环境公报",
    ),
    "interface": ("Language of this page", "界面语言"),
    "views": ("Part of the workbench", "工作台"),
    "view_search": ("Search", "检索"),
    "view_basket": ("Basket", "摘录"),
    "view_basket_n": ("Basket ({n})", "摘录（{n}）"),
    "view_saved": ("Saved", "已存检索"),
    "view_corpus": ("Corpus", "文献库"),
    "question": ("Your question", "您的问题"),
    "placeholder": ("Ask in English or Chinese…", "用中文或英文提问……"),
    "search": ("Search", "搜索"),
    "examples": ("For example", "例如"),
    "hints": (
        "Also understood: in:Sichuan  before:2020  after:2019-06  topic:water  type:pdf  lang:zh, “words that must be "
        "there” in quotation marks, and -word for one that must not.",
        "还可输入：in:四川、before:2020、after:2019-06、topic:水、type:pdf、lang:zh；引号内为必含词语，-词 表示排除该词。",
    ),
    "history": ("Asked in this session", "本次会话的提问"),
    "no_history": ("Your questions will be listed here.", "您的提问将列在这里。"),
    "history_with": ("with filters", "含筛选"),
    "type_something": (
        "Type a question or some words, in Chinese or English.",
        "请输入问题或关键词，中英文均可。",
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
    "stats": (
        "{documents} documents, {passages} passages ({by_lang}) · updated {updated}",
        "已收录 {documents} 份文件、{passages} 个段落（{by_lang}）· 更新于 {updated}",
    ),
    "passages_zh": ("{n} Chinese", "中文 {n}"),
    "passages_en": ("{n} English", "英文 {n}"),
    "never": ("never", "从未"),
    "failed": (
        "{n} files could not be read; “Corpus” lists them.",
        "有 {n} 个文件无法读取，详见“文献库”。",
    ),
    "failed_one": (
        "1 file could not be read; “Corpus” names it.",
        "有 1 个文件无法读取，详见“文献库”。",
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
    "unexpected": (
        "Something went wrong on our side. Try again; if it happens again, look at the server's log.",
        "出了点问题，请重试；若仍未解决，请查看服务器日志。",
    ),
    "sign_in_first": ("Sign in to search the bulletins.", "请登录后检索。"),
    "sign_in": ("Sign in", "登录"),
    "sign_in_failed": (
        "Sign-in is not set up as it should be. Whoever runs this page finds the reason in the server's log.",
        "登录设置有误，请管理员查看服务器日志。",
    ),
    "sign_out": ("Sign out", "退出"),
}
