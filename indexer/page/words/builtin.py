"""What Streamlit says by itself, word for word, and what it says in Chinese."""

WORDS = {
    "builtin_skip": ("Skip to main content", "跳到正文"),
    "builtin_sidebar": ("Sidebar", "侧栏"),
    "builtin_collapse": ("Collapse sidebar", "收起侧栏"),
    "builtin_expand": ("Expand sidebar", "展开侧栏"),
    "builtin_date": ("Choose date", "选择日期"),
    "builtin_previous": ("Previous month", "上个月"),
    "builtin_next": ("Next month", "下个月"),
    "builtin_open": ("Open", "展开选项"),
    "builtin_dismiss": ("Dismiss", "收起选项"),
    "builtin_close": ("Close", "关闭"),
    "builtin_upload": ("Upload", "选择文件"),
    "builtin_file": ("file upload", "上传文件"),
    "builtin_remove": ("Remove ", "移除 "),
    "builtin_add": ("Add files", "添加更多文件"),
}
