"""Tell the lines of a page from those of the bulletin on it, by words and shapes that all such sites share.

Everything here looks at one line; what only its neighbours or its place give away is in
``indexer.ingest.clean``. Patterns are matched against a line's *form*: NFKC, Simplified script, lower case, one
space for any white space. Only lines that stand alone are judged, and none that ends like a sentence, but for
a few prompts that are sentences.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from indexer.language.detect import HAN
from indexer.language.regex import regex
from indexer.language.tokens import normalize

MAX_CLUTTER = 300
"""Characters above which a line is never clutter, whatever it says."""

_SENTENCE_END = regex(r"[。！？；][”’」』）)】\"']*\s*$")
_LATIN_SENTENCE_END = regex(r"[a-z)%\d][.!?;][\"'”’)\]]*$", re.I)
_LATIN_WORD = regex(r"[A-Za-z][A-Za-z'’-]*")
_SHORT_DOT = regex(r"\b(?:no|co|ltd|inc|tel|jan|feb|mar|apr|jun|jul|aug|sept?|oct|nov|dec)\.$", re.I)


def form(text: str) -> str:
    """What a line is matched by."""
    return " ".join(normalize(text).split())


def is_sentence(text: str) -> bool:
    """Whether a line reads like the body of a text: it ends a sentence, or is too long for anything else."""
    if _SENTENCE_END.search(text):
        return True
    n_words = len(_LATIN_WORD.findall(text))
    if n_words >= 6 and _LATIN_SENTENCE_END.search(text) and not _SHORT_DOT.search(text):
        return True
    n_han = len(re.findall(f"[{HAN}]", text))
    return (n_han >= 50 and "，" in text) or n_words >= 30


def is_body(text: str) -> bool:
    """Whether a line is a sentence of a text rather than a title that ends in a question or an exclamation."""
    if not is_sentence(text):
        return False
    return len(text) >= 40 or not re.search(r"[！？!?][”’」』）)】\"']*\s*$", text)


def _spaced(words: str) -> str:
    """A pattern for Chinese words, longest first, that a page may space out: 来 源."""
    longest_first = sorted(words.split("|"), key=len, reverse=True)
    return "|".join(re.sub(rf"(?<=[{HAN}])(?=[{HAN}])", " ?", word) for word in longest_first)


def _any_of(phrases: Iterable[str]) -> str:
    return "|".join(sorted(phrases, key=len, reverse=True))


# Dates. NFKC has turned full-width colons, bars and brackets into plain ones.

_MONTH = (
    r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|"
    r"oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)\.?"
)
_DAY = r"\d{1,2}(?:st|nd|rd|th)?"
_DATE = (
    r"(?:\d{4} ?[-/.年] ?\d{1,2} ?[-/.月] ?\d{1,2} ?日?|"
    rf"{_MONTH} {_DAY},? ?\d{{4}}|{_DAY} {_MONTH},? ?\d{{4}}|[〇零一二三四五六七八九]{{4}}年[一二三四五六七八九十]{{1,2}}月"
    r"[一二三四五六七八九十]{1,3}日)"
)
_TIME = r"(?: ?t?\d{1,2}:\d{2}(?::\d{2})?(?: ?[ap]\.?m\.?)?)"
_STAMP = regex(rf"[\s\[(【|]*(?:{_DATE})?{_TIME}?[\s\])】|]*")
_DATE_AND_TIME = regex(rf"[\[(【]? ?{_DATE}{_TIME} ?[\])】]?")
_RELATIVE_DATE = regex(
    r"(?:(?:release|publish|update|post)(?:ed|d)? ?(?:time|date|on)? ?:? ?)?(?:\d+|an?|one|last) "
    r"(?:minute|hour|day|week|month|year)s? ago|"
    r"(?:发布|更新)?(?:时间)? ?:? ?\d+ ?(?:分钟|小时|天|周|个月|年)前"
)
# An entry of a list of other news: its title and when it came out, to the second.
_LISTED = regex(rf".{{6,80}} {_DATE} \d{{1,2}}:\d{{2}}:\d{{2}}")

# Fields of a page, such as "发布时间：2018-06-04 发布者： 点击次数：1122".

_FIELD = regex(
    rf"(?P<dated>(?<![{HAN}a-z])(?:"
    + _spaced(
        "发布时间|发布日期|发表时间|发表日期|发稿时间|发稿日期|更新时间|更新日期|上传时间|上传日期|录入时间|"
        "成文时间|成文日期|生成时间|生成日期|公开时间|公开日期|印发日期|印发时间|发文日期|时间|日期"
    )
    + r"|release time|date|time)|(?:release|publish|post|update|publication|issue)(?:d|ed)?(?: time| date| on)?"
    r"(?=:|(?<=time)\d|(?<=date)\d)) ?:?(?<=[:\w])"
    rf"|(?P<named>(?<![{HAN}a-z])(?:"
    + _spaced(
        "审核|校核|审签|校对|供稿|撰稿|摄影|监制|统筹|视觉|初审|复审|终审|一审|二审|三审|值班编委|值班主任"
    )
    + r")) ?:|(?:"
    + _spaced(
        "发布者|发布人|发布机构|发布单位|来源|来源于|信息来源|文章来源|稿件来源|新闻来源|内容来源|出处|作者|编辑|"
        "责任编辑|责编|实习编辑|网络编辑|录入|录入者|点击|点击次数|点击量|点击数|点击率|浏览|浏览次数|浏览量|"
        "浏览数|访问|访问次数|访问量|阅读|阅读次数|阅读量|阅读数|查看次数|查看|人气|字号|字体|字体大小|文字大小|"
        "分享|分享到|分享至|索引号|信息索引号|索引编号|主题分类|信息分类|体裁分类|公开方式|公开范围|公开形式|公开时限|"
        "公开类别|所属栏目|所属分类|信息所属单位"
    )
    + r"|\b(?:source|author|editor|editor in charge|(?:responsible|chief|web) editor|views?|page ?views?|hits?|"
    r"clicks?|click (?:times|volume|rate|count)|number of (?:clicks|views|hits|visits)|browse|browsing times|"
    r"reading times|visits?|popularity|font(?: size)?|text size|share(?: to)?)) ?:",
)
# Things that look like fields but are the bulletin's: a figure's source, a table's.
_NO_FIELD = regex(r"(?:资料|数据|图片|照片|图表|材料)\s?来源\s?:|data source")
_NAMES = regex(rf"[{HAN}·]{{2,3}}(?:[ 、/,][{HAN}·]{{2,3}})*|")

_COUNTER = regex(
    r"[\[(【]? ?(?:本文|文章|已|共|被|您是第|你是第|总|今日|本页)?(?:点击|浏览|访问|阅读|查看|views?|hits?|clicks?|"
    r"page ?views?|click (?:times|volume|rate|count)|number of (?:clicks|views|hits|visits)|browse|"
    r"browsing times|reading times|visits?|viewed)\s*(?:次数|量|数|率|人数|人次)?\s*:?\s*"
    r"\[?\s*[\d,]*\+?\s*\]?\s*(?:次|人次|人|times?)?\s*[\])】]?|"
    r"(?:您|你)是(?:本站|本网)?第? ?[\d,]* ?(?:位|个)?(?:访客|访问者|浏览者|来访者)|"
    r"you are (?:the|our) [\d,]*(?:st|nd|rd|th)? ?visitors?|(?:total )?visitors? ?: ?[\d,]+"
)
_COUNTER_LABEL = regex(r"[^\d]*[:数量] ?")

_BREADCRUMB = regex(
    r"[|>» ]*您?的?(?:当前|现在|所在)(?:的)?(?:所在)?(?:位置|页面)(?:是)? ?[|: ].{0,100}|"
    r"[|>» ]*(?:您|你)(?:现在)?(?:所)?在(?:的)?(?:位置)? ?:.{0,100}|"
    r"[|>» ]*(?:you are here|(?:your )?(?:current )?(?:location|position)) ?: ?(?:home|.{0,60}>).{0,80}|"
    r"[|>» ]*(?:your|current|your current) (?:location|position) ?:.{0,100}|"
    r"[|>» ]*(?:网站首页|本站首页|首页|主页|home(?: ?page)?) ?(?:[>\uff1e»\u203a|→/]+|--?>|::).{0,80}|"
    # any path of a site: "某某网>>文化", "China > Society"
    rf"[{HAN}a-z ]{{2,16}} ?(?:>>|»|\u203a) ?[{HAN}a-z ]{{2,20}}(?: ?(?:>>|»|\u203a) ?.{{2,60}})?|"
    rf"[{HAN}a-z ]{{2,16}}(?: > [{HAN}a-z ]{{2,20}}){{2,5}}(?: > .{{2,60}})?|[>»] ?[{HAN}]{{2,10}}"
)

# Words of widgets; a line of nothing else is navigation.
_WIDGET_WORDS = (
    "返回首页|返回列表|返回顶部|回到顶部|返回上级|返回上一页|返回|首页|网站首页|本站首页|主页|上一页|下一页|末页|尾页|"
    "上页|下页|上一篇|下一篇|上一条|下一条|前一篇|后一篇|返回页首|关闭视窗|打印本页|打印此页|打印页面|打印本稿|打印文章|我要打印|打印|"
    "列印|关闭窗口|关闭本页|关闭页面|关闭此页|关闭|收藏本页|收藏本文|加入收藏|添加收藏夹|添加收藏|收藏|设为首页|关于我们|"
    "联系我们|网站地图|站点地图|站点导航|法律声明|隐私声明|隐私政策|隐私保护|隐私安全|安全隐私|版权保护|免责声明|"
    "网站声明|版权声明|网站导航|登录|注册|登录注册|退出|忘记密码|用户登录|搜索|站内搜索|高级搜索|全站搜索|检索|分享到|"
    "分享至|分享|微信|微博|新浪微博|腾讯微博|官方微信|官方微博|微信公众号|qq空间|qq好友|qzone|人人网|朋友圈|"
    "微信好友|微信朋友圈|复制链接|复制地址|扫一扫|扫码分享|二维码|手机版|移动版|电脑版|客户端|手机客户端|app下载|"
    "下载客户端|无障碍浏览|无障碍阅读|无障碍|长者模式|关怀版|进入关怀版|适老版|适老化|长者版|繁体版|简体版|简体中文|"
    "繁体中文|切换到繁体|切换到简体|简体|繁体|中文版|英文版|中文|大|中|小|默认|超大|特大|较大|正常|放大|缩小|标准|t|"
    "字号|字体|字体大小|字号大小|字号变大|字号变小|文字大小|大字体|小字体|加载更多|查看更多|更多栏目|更多|相关阅读|"
    "相关链接|相关新闻|相关文章|相关报道|相关稿件|相关信息|推荐阅读|热门推荐|热点推荐|精彩推荐|热帖|热词|图集|"
    "新闻评论|网友评论|我要评论|发表评论|查看评论|我要说两句|说两句|点赞|在看|写留言|我要纠错|网页纠错|纠错|"
    "政府网站找错|找错|查看原文|阅读原文|原文链接|点击下载|点击查看|语音播报|语音播放|语音阅读|朗读|播放|暂停|"
    "静音|全屏|正文|智能问答|rss|rss订阅|友情链接|移动新媒体|政务新媒体|"
    "home|homepage|about us|contact us|sitemap|site map|search|login|log in|register|sign in|"
    "sign up|print this page|print this article|print|close window|close the window|close this window|close|"
    "back to top|back to home|back to list|return to list|back|return|next page|next|previous page|previous|prev|"
    "share to|share this page|share this|share on|share|facebook|twitter|x|linkedin|whatsapp|wechat|weibo|qq|"
    "wechat moments|sina weibo|copy link|email this page|e-mail this page|e-mail|email|read more|learn more|more|"
    "font size|text size|font|big|large|larger|middle|medium|small|smaller|normal|default|collect|favorites|"
    "add to favorites|set as home page|bookmark|cn|en|eng|english|chinese|chinese version|english version|"
    "menu|privacy policy|cookie policy|cookie settings|terms of use|"
    "terms of service|terms and conditions|disclaimer|legal notice|accessibility|skip to content|"
    "skip to main content|related news|related articles|related links|related reading|subscribe|comments?|"
    "leave a comment|report an error|error correction|play|pause|mute|unmute|full ?screen|a\\+|a-|a|aa|"
    "français|español|русский|العربية|日本语|한국어|deutsch|português"
)
_BETWEEN = r"[\s|/\[\]【】()·•:><\uff1c\uff1e»«\u203a,、+*_丨—–=~■□●○▪▶►↑↓-]*"
_WIDGETS = regex(rf"(?>{_BETWEEN}(?<![a-z])(?:{_any_of(_WIDGET_WORDS.split('|'))})(?![a-z]))++{_BETWEEN}")
# Sizes and the like: alone on a line they may be a table's cell, so two are needed.
_CELLS = regex(
    rf"{_BETWEEN}(?:大|中|小|标准|正常|内容|[xta]|中文|默认|large|medium|small|normal|big|middle){_BETWEEN}"
)

# Names of a site's columns: such as head a page on a line of their own, and such as may be headings of a bulletin
# too, which only a menu around them gives away.
_COLUMN_WORDS = (
    "新闻中心|新闻资讯|新闻动态|新闻发布|要闻动态|政务要闻|时政要闻|今日关注|热点关注|热点新闻|最新新闻|最热新闻|图片新闻|"
    "视频新闻|通知公告|公告公示|公示公告|公告通知|政务公开|信息公开|政务动态|政务活动|政务服务|政务信息|政民互动|互动交流|"
    "交流互动|在线访谈|网上调查|调查征集|领导信箱|局长信箱|厅长信箱|咨询投诉|回应关切|领导活动|领导之窗|机构概况|机构职能|"
    "办事大厅|办事服务|网上办事|在线服务|便民服务|专题专栏|专题栏目|热点专题|政府信息公开|政府信息公开专栏|依申请公开|"
    "信息公开目录|重点领域信息公开|法定主动公开内容|环境要闻|环保要闻|生态要闻|环境新闻|环保新闻|环保动态|环境动态|"
    "媒体聚焦|媒体报道|媒体关注|地方动态|基层动态|区县动态|市县动态|工作动态|"
    "open governance|open government|government affairs|government affairs openness|information disclosure|"
    "information openness|government information disclosure|news|news center|newsroom|news room|news information|"
    "headlines|top news|latest news|hot news|local news|media focus|media reports|picture news|video news|"
    "notices and announcements|announcements and notices|work trends|work dynamics|department dynamics|"
    "interactive communication|home page"
)
_ENTRY_WORDS = (
    "新闻|要闻|动态|时政|资讯|公告|通知|服务|互动|数据|机构|政策|专题|视频|图片|音频|专栏|双语|独家|原创|财经|生活|体育|"
    "娱乐|文化|教育|科技|国际|国内|社会|军事|观点|理论|法治|地方|频道|滚动|头条|走进.{2,4}|省情|市情|县情|公众参与|"
    "公众互动|民意征集|意见征集|市长信箱|省长信箱|部门信箱|投诉举报|领导讲话|领导信息|组织机构|机构设置|机关党建|"
    "党建工作|党的建设|党风廉政|队伍建设|人事信息|人事任免|财务信息|财政信息|预算决算|规划计划|规划财务|统计数据|"
    "数据开放|数据公开|统计信息|政策法规|政策文件|政策解读|法律法规|法规标准|规范性文件|行政许可|行政处罚|行政执法|"
    "双公开|权责清单|办事指南|个人办事|法人办事|公共服务|下载中心|资料下载|表格下载|专题报道|政府信息公开指南|"
    "政府信息公开年报|信息公开指南|环境质量|环境监测|环境管理|新闻发布会|会员服务|活动通知|中国政府网|国务院部门|"
    "地方政府|其他链接|更多栏目|联系方式|帮助|人才招聘|站群导航|评论|举报|订阅|内容|"
    "notices?|announcements?|press releases?|policy interpretation|policies and regulations|laws and regulations|"
    "policy documents?|interaction|public participation|online services?|services?|leadership|organizations?|"
    "institutional functions|special topics?|special columns?|videos?|photos?|data|statistics|links|contact|"
    "privacy|languages?|feedback|friendly links|friendship links?|publications|events|topics|resources|policy|policies"
)
_COLUMN = regex(rf"{_BETWEEN}(?:{_any_of(_COLUMN_WORDS.split('|'))}){_BETWEEN}")
_ENTRY = regex(rf"{_BETWEEN}(?:{_any_of((_COLUMN_WORDS + '|' + _ENTRY_WORDS).split('|'))}){_BETWEEN}")
_MENU_ITEM = regex(rf"{_BETWEEN}[{HAN}a-z《》“”\"&' ]{{1,24}}{_BETWEEN}")

_SHARE = regex(
    r"(?:分享到?|转发到?|一键分享|快乐分享|share (?:it |this )?(?:to|on|via))(?:微信|微博|朋友圈|qq|空间|facebook|"
    r"twitter|wechat|weibo|linkedin|[|/、, :到至和与])*[:|]?.{0,8}|(?:share|scan) to share.{0,20}"
)
_NEIGHBOUR = regex(
    rf"{_BETWEEN}(?:上一篇|下一篇|上一条|下一条|前一篇|后一篇|上一则|下一则|上篇|下篇|上一个|下一个|"
    r"(?:previous|next|last|prev) (?:article|post|page|news|story|one|item|notice)|prev(?=\s*:))"
    r"(?:\s*[】\])]*\s*:.{0,120}|\s*[】\]].{0,120}|\s*)"
)
# Words that a bulletin may begin a line with too; only both together are a page's.
_PREVIOUS = regex(rf"{_BETWEEN}(?:previous|prev|last)\s*:.{{0,160}}")
_NEXT = regex(rf"{_BETWEEN}next\s*:.{{0,160}}")

# Words that stand only in a site's footer.
_FOOTER = regex(
    r"icp ?(?:备|证|no|record|filing|license|bei|b2|:|\d)|公 ?[网安] ?[网安] ?备|公安(?:机关)?备|网 ?备案? ?号|"
    r"备案(?:号|编号|序号|/许可证)|(?:网站|政府网站)标识码|"
    r"(?:web)?site identification (?:code|no|number)|network security (?:record|filing|bei)|"
    r"internet security (?:record|filing)|public (?:network )?security (?:record|filing|network|bei)\b|"
    r"gong ?wang ?an bei|"
    r"版权(?:专有|所有)|copyright ?(?:©|\(c\)|:|\d{4}|by|reserved|owned|belongs|notice)|all rights? reserved|"
    r"© ?(?:\d{4}|copyright)|(?:技术支持|技术支撑|网站维护|运维单位|运行维护|建设维护|网站管理|网站建设|承建单位) ?:|"
    r"(?:建议|推荐)使用.{0,30}(?:浏览器|分辨率)|最佳(?:分辨率|浏览效果)|best viewed (?:with|in|at)|"
    r"website operation and maintenance|website maintenance|website (?:support|construction) ?:|"
    r"^technical(?:ly)? support(?:ed)?(?: by| unit)? ?:|^(?:produced|powered|designed) by\b|"
    r"内容管理系统$|发布系统$|本网站(?:已)?支持ipv6|互联网新闻信息服务|信息网络传播视听节目|增值电信业务|"
    r"(?:违法和)?不良信息举报|网络文化经营许可证|广播电视节目制作经营许可证"
)
# What stands in a footer too, but may be news: dropped only beside one of the above.
_NEAR_FOOTER = regex(
    r"(?:主办单位|主办|主管单位|主管|承办单位|承办|协办单位|协办|联系电话|联系方式|举报电话|监督电话|值班电话|办公电话|"
    r"服务热线|传真|邮编|邮政编码|地 ?址|单位地址|办公地址|联系地址|电 ?话|传 ?真|邮 ?编|电子信箱|电子邮箱|电子邮件|"
    r"邮箱|通讯地址|网址|主页网址|运维电话|办公时间|e-?mail|"
    r"unit in charge|(?:sponsor|host|organiz|organis|undertak)\w*(?: (?:by|unit))?|contact(?: us| number| phone)?|"
    r"address|tel(?:ephone)?|phone|fax|mailbox|(?:postal|zip|post) ?code|website) ?:.{0,160}|"
    rf"(?:联系我们|网站地图|关于我们|contact us|site ?map){_BETWEEN}"
)

_SPAM = regex(
    r"(?P<surely>无码|有码|久久|麻豆|成人(?:视频|电影|小说|网)|av女优|国产精品|国产自拍|黄色(?:网|视频|电影)|三级片|"
    r"私服|博彩|娱乐城|百家乐|六合彩|时时彩|彩票平台|棋牌|老虎机|真人荷官|体育投注|代开发票|(?<![a-z])casino|porn|"
    r"viagra)|高清|最新电影|免费观看|在线观看|在线播放|在线视频|游戏下载|下载app|日韩|欧美|亚洲|精品|一区|二区|"
    r"(?:视频|电影)(?:在线|免费|大全|网)"
)

_BARE_URL = regex(
    r"(?:(?:原文|链接|网址|本文|url|link|source|original)\s*(?:链接|地址)?\s*:\s*)?(?:https?://|www\.)[^\s<>\"()]+"
    r"(?:\([^\s()]*\)[^\s<>\"()]*)*"
)

# What asks the reader to do something with the page.
_PROMPT = regex(
    r"(?:打开微信|请?用?微信|长按|请?长按|扫描|扫码|扫一扫|手机扫|扫下方|识别).{0,24}(?:二维码|公众号|当前页面?|本页|"
    r"朋友圈|手机打开|手机浏览|手机查看|手机上|手机端|关注我们|小程序|扫一扫|浏览全文).{0,30}|"
    r"(?:扫一扫|扫码|微信扫一扫)(?:关注|分享|手机浏览|手机打开|查看|下载|阅读)?.{0,12}|"
    r"(?:欢迎|请|点击|立即)?关注.{0,20}(?:微信|微博|公众号|视频号|抖音号?|我们|客户端)|"
    r"(?:轻触|点击|请点击|戳)(?:上方|下方|左下角|右上角|文末)?.{0,4}(?:阅读原文|蓝字|关注|在看|查看原文).{0,16}|"
    r"(?:向上|继续|左右)?滑动(?:看下一个|查看更多|查看)|预览时标签不可点|觉得(?:好|不错).{0,12}(?:在看|点赞|转发).{0,8}|"
    r"(?:点个|请点)(?:赞|在看).{0,8}|分享 ?收藏 ?点赞 ?在看|收录于(?:合集|话题).{0,30}|(?:更多精彩)?.{0,8}下载.{0,12}客户端|"
    r"点击(?:进入|查看|阅读).{0,20}(?:>>+|»)|记住登录状态|.{0,20}(?:登录|注册).{0,4}通行证.{0,12}|立即注册|一键登录|"
    r"(?:please )?(?:long press|scan|sweep|swipe|identify)(?: (?:it|the|this|and|to|with|your|by))* ?"
    r"(?:(?:wechat )?(?:qr|two-dimensional|2d) ?code|share|follow|wechat|mobile phone|phone|open the current page|"
    r"open the page).{0,60}|open (?:the|this) (?:current )?page (?:on|with|in) (?:your )?(?:mobile )?phones?|"
    r"(?:please )?follow us(?: on.{0,40})?|(?:wechat|weibo) (?:scan|sweep|official account).{0,40}|"
    r"click (?:here )?to (?:read|view) (?:more|the original).{0,20}|.{0,20}(?:accept|reject|allow) (?:all )?cookies|"
    r"i (?:agree|accept)|got it|知道了|我知道了|取消 允许"
)
_PROMPT_SENTENCES = regex(
    r"扫一扫.{0,30}|.{0,60}(?:最佳|最好的?)(?:浏览|显示|阅读)效果[!。]?|"
    r".{0,6}打开微信.{0,12}(?:发现|扫一扫).{0,60}(?:朋友圈|分享).{0,6}|"
    r".{0,40}(?:本网站|本站|我们|we|this (?:web)?site|our (?:web)?site).{0,40}(?:使用|uses?|using) ?.{0,20}cookies?.{0,220}|"
    r"by continuing to (?:use|browse).{0,80}cookies?.{0,160}|"
    r".{0,20}(?:您的|你的|your) ?(?:浏览器|browser)(?:版本)?.{0,20}(?:不支持|过低|版本过低|does not support|doesn't support|"
    r"is out of date).{0,100}|please enable javascript.{0,80}|javascript (?:is|must be) .{0,80}|"
    r"(?:video player is loading|this is a modal window|beginning of dialog window|end of dialog window).{0,120}|"
    r".{0,60}(?:本网|本站|本文|作者|平台|文章).{0,40}(?:仅代表作者|不代表本[站网]|与本[站网]无关).{0,160}|"
    r".{0,120}(?:侵犯|涉及|侵权|版权).{0,60}(?:请|可)?(?:及时|立即|尽快)?(?:与?我们)?联系(?:我们|本[站网])?(?:删除|处理|,|进行|。)"
    r".{0,60}|.{0,60}(?:如有侵权|如涉侵权|若有侵权).{0,60}|未经.{0,12}(?:授权|许可|书面).{0,30}(?:转载|复制|镜像).{0,60}"
)
# One of these is in each of the above.
_MAY_PROMPT = regex(
    r"cookie|javascript|browser|dialog|loading|微信|[浏瀏][览覽]器|效果|侵[权權犯]|版[权權]|[联聯][系繫]|代表|[无無][关關]|未[经經]|"
    r"[扫掃]一",
    re.I,
)
# Appeals of a site for members and money, at the end of what it publishes.
_APPEAL = regex(
    r"(?:月费|年费|付费|赞助|捐款|订阅).{0,24}(?:https?:|www\.|[a-z]+\.com|网址|链接|我们)|"
    r"(?:加入|成为).{0,12}(?:订户|会员|订阅者|赞助人).{0,40}|支持我们的(?:工作|报道|新闻)|"
    r"(?:subscribe to|sign up for) (?:our|the) .{0,60}|become a (?:member|subscriber|supporter).{0,60}|"
    r"support our (?:work|journalism|reporting).{0,60}|donate (?:now|today|here).{0,40}"
)

_PLAYER = regex(
    r"(?:播放|暂停|静音|全屏|倍速|清晰度|自动|高清|标清|超清|流畅|直播|音量|play|pause|mute|unmute|fullscreen|full screen|"
    r"loaded|progress|current time|duration|remaining time|playback rate|stream type|live|quality|volume|settings|"
    r"[\s:/%|·-]|\d{1,2}:\d{2}(?::\d{2})?|\d+(?:\.\d+)?x|\d{1,3}(?:\.\d+)?%)+"
)
_PLAYER_SIGN = regex(
    r"\d{1,2}:\d{2} ?/ ?-?\d{1,2}:\d{2}|current time|playback rate|loaded ?:|stream type|倍速"
)
_PLACEHOLDER = regex(
    r"[\[(【]?(?:images?|photos?|pictures?|gallery|图片|图集|组图|视频播放位置|视频加载中.{0,6}|图片加载中.{0,6}|"
    r"loading\.{0,3}|加载中\.{0,3}|此处为?图片|image|img|no image|暂无图片)[\])】]? ?:?"
)
_ANCHORS = regex(  # links to places in the same page: "第 1~20 条："
    r"[-*• ]*第? ?\d{1,4} ?[条章节页]? ?[~～\-—–至到] ?第? ?\d{1,4} ?[条章节页] ?:?|(?:第? ?\d{1,3} ?页? ?[|/ ]+){2,}\d{1,3}|"
    r"(?:[\[【(]\d{1,2}[\]】)] ?){2,}|共 ?\d+ ?页.{0,20}(?:下一页|上一页|跳转|go).{0,20}"
)
_ATTACHMENT_LABEL = regex(
    r"[\[【]?(?:相关附件|附件下载|文件下载|相关文档|相关下载|下载附件|点击下载附件|附件列表|下载文件|attachments? download|"
    r"download attachments?|related attachments?)[\]】]? ?:?"
)
_ATTACHMENT = regex(
    r"^[\W\d]{0,4}(?:附件|附表|附图|附录|attachment|annex|appendix)|\.(?:pdf|docx?|xlsx?|pptx?|wps|et|ofd|zip|rar)\b"
)

_OTHER_NEWS = regex(
    rf"{_BETWEEN}(?:(?:相关|热点|热门|推荐|最新|更多|精彩|延伸|往期|猜你|同类|点击|今日|本周|阅读)"
    r"(?:相关)?(?:新闻|阅读|文章|报道|链接|资讯|推荐|信息|稿件|专题|图集|图片|视频|回顾|喜欢|排行|排行榜|热点|动态)|"
    r"新闻排行榜?|排行榜|热榜|大家都在看|您可能(?:感兴趣|还喜欢).{0,6}|为您推荐|精彩图集|延伸阅读|相关文章推荐|"
    r"(?:related|latest|recommended|hot|popular|other|more|recent|top|most read|trending)"
    r" (?:news|articles?|stories|reading|readings|posts?|links?|reports?|topics)|you (?:may|might) also like|most read|"
    rf"most viewed|further reading|read more about.{{0,30}}|see also){_BETWEEN}(?:more|更多)?{_BETWEEN}"
)

_PATTERNS = (
    ("date line", _RELATIVE_DATE),
    ("breadcrumb", _BREADCRUMB),
    ("counter", _COUNTER),
    ("share", _SHARE),
    ("neighbours", _NEIGHBOUR),
    ("date line", _DATE_AND_TIME),
    ("other news", _LISTED),
    ("link", _BARE_URL),
    ("prompt", _PROMPT),
    ("placeholder", _PLACEHOLDER),
    ("navigation", _ANCHORS),
    ("navigation", _ATTACHMENT_LABEL),
)


def may_be_clutter(text: str) -> bool:
    """A quick look at a line: whether it isn't too long, and isn't a sentence that no prompt would be."""
    if not text or len(text) > MAX_CLUTTER:
        return False
    return not text.endswith(("。", "！", "？", "；")) or _MAY_PROMPT.search(text) is not None


def reason_alone(text: str, shape: str | None = None) -> str | None:
    """Why a line is the page's and not the bulletin's whatever stands around it; None if it may be either.

    Args:
        text: The line without markup.
        shape: Its form, if that is known already.
    """
    if not may_be_clutter(text):
        return None
    shape = form(text) if shape is None else shape
    if _PROMPT_SENTENCES.fullmatch(shape):
        return "prompt"
    if text.endswith(("。", "！", "？", "；")):
        return None
    if is_widgets(shape):
        return "share" if re.match(rf"{_BETWEEN}(?:分享|转发|share)", shape) else "navigation"
    for reason, pattern in _PATTERNS:
        if pattern.fullmatch(shape):
            return reason
    if _PLAYER_SIGN.search(shape) and _PLAYER.fullmatch(shape):
        return "player"
    if _is_field_line(shape):
        return "field line"
    found = [match["surely"] is not None for match in _SPAM.finditer(shape)]
    return "spam" if len(found) >= 2 and any(found) else None


def is_widgets(shape: str) -> bool:
    """Whether a line is nothing but words of widgets."""
    return bool(_WIDGETS.fullmatch(shape)) and not _CELLS.fullmatch(shape)


def is_column(shape: str) -> bool:
    """Whether a line is the name of a column of a site such as heads its pages."""
    return bool(_COLUMN.fullmatch(shape))


def is_entry(shape: str) -> bool:
    """Whether a line names what menus list, or is a menu by itself; a heading may look the same as the former."""
    if _ENTRY.fullmatch(shape) or _WIDGETS.fullmatch(shape):
        return True
    entries = [entry for entry in re.split(r"[\s|/·•、,>丨]+", shape) if entry]
    known = [entry for entry in entries if _ENTRY.fullmatch(entry) or is_widgets(entry)]
    sure = sum(is_widgets(entry) or is_column(entry) for entry in known)
    if len(known) == len(entries):
        return len(known) >= 2 and (sure > 0 or len(known) >= 5)
    return len(known) * 2 >= len(entries) >= 4 and sure > 0 and all(len(entry) <= 12 for entry in entries)


def may_be_menu_item(shape: str) -> bool:
    """Whether a line could stand in a menu: a few words, no digits, no punctuation."""
    n_han = len(re.findall(f"[{HAN}]", shape))
    return bool(_MENU_ITEM.fullmatch(shape)) and n_han <= 12 and len(shape) <= (12 if n_han else 30)


def is_footer(shape: str) -> bool:
    """Whether a line that doesn't end like a sentence has words that stand only in a site's footer."""
    return len(shape) <= 260 and bool(_FOOTER.search(shape))


def is_near_footer(shape: str) -> bool:
    """Whether a line may belong to a footer beside it: addresses, telephones, who runs the site."""
    return bool(_NEAR_FOOTER.fullmatch(shape))


def is_attachment(shape: str) -> bool:
    """Whether a line is, or may be, the name of a file that belongs to the bulletin."""
    return bool(_ATTACHMENT.search(shape))


def is_appeal(shape: str) -> bool:
    """Whether a line asks for subscriptions, members or money."""
    return len(shape) <= 160 and bool(_APPEAL.search(shape))


def heads_other_news(shape: str) -> bool:
    """Whether a line is the heading of a list of other news."""
    return bool(_OTHER_NEWS.fullmatch(shape))


def is_previous(shape: str) -> bool:
    """Whether a line could link to the bulletin before: "Previous: …"."""
    return bool(_PREVIOUS.fullmatch(shape))


def is_next(shape: str) -> bool:
    """Whether a line could link to the bulletin after: "Next: …"."""
    return bool(_NEXT.fullmatch(shape))


def awaits_number(shape: str) -> bool:
    """Whether a line is a counter's label whose number stands on the next line."""
    return bool(_COUNTER.fullmatch(shape)) and bool(_COUNTER_LABEL.fullmatch(shape))


def awaits_title(shape: str) -> bool:
    """Whether a line says "previous" or "next" and its link stands on the next line."""
    return bool(re.fullmatch(rf"{_BETWEEN}(?:[上下]一(?:篇|条|则|个)|前一篇|后一篇)\s*:?{_BETWEEN}", shape))


def _is_field_line(shape: str) -> bool:
    """Whether a line is all labelled fields about the page, with short values, and perhaps a date first."""
    labels = list(_FIELD.finditer(shape))
    if not labels or _NO_FIELD.search(shape):
        return False
    before = shape[: labels[0].start()]
    if not _STAMP.fullmatch(before) and not (len(before) <= 40 and _DATE_AND_TIME.search(before)):
        return False
    ends = [label.start() for label in labels[1:]] + [len(shape)]
    for label, end in zip(labels, ends, strict=True):
        value = shape[label.end() : end].strip(" |/[]【】()")
        if label["dated"] and not (_STAMP.fullmatch(value) or _RELATIVE_DATE.fullmatch(value)):
            return False
        if label["named"] and not _NAMES.fullmatch(value):
            return False
        value = re.sub(rf"{_DATE}{_TIME}?", "", value)
        if len(value) > 60 or re.search(r"[。；，！？;,!?]|:(?!\d\d)", value):
            return False
    return True
