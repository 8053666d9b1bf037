"""Makes ``indexer/language/places.tsv``, the table of Chinese divisions, from the official list.

usage: python benchmarks/build_places.py       (needs ../shared/data/admin_divisions)

Codes, Chinese names and pinyin are facts taken from xiangyuecn/AreaCity-JsSpider-StatsGov (MIT), which carries the
lists of the National Bureau of Statistics and the Ministry of Civil Affairs. They are checked against
modood/Administrative-divisions-of-China (WTFPL); the development zones that only the statistical list has are left
out, for they are no divisions. English names are the pinyin, written together, but for the names in ``ENGLISH``, which
have a customary or official romanisation of their own. How common a word is comes from jieba's dictionary (MIT).
"""

import csv
import math
import re
from collections.abc import Iterator
from importlib import resources
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
SOURCE = ROOT.parent / "shared" / "data" / "admin_divisions"
TARGET = ROOT / "indexer" / "language" / "places.tsv"

KINDS = (
    "特别行政区",
    "自治区",
    "自治州",
    "自治县",
    "自治旗",
    "行政委员会",
    "地区",
    "林区",
    "新区",
    "省",
    "市",
    "盟",
    "州",
    "县",
    "区",
    "旗",
)
PEOPLES = (
    "蒙古族 蒙古 回族 藏族 维吾尔 苗族 彝族 壮族 布依族 朝鲜族 满族 侗族 瑶族 白族 土家族 哈尼族 哈萨克族 哈萨克 傣族 黎族 傈僳族 佤族 畲族 拉祜族 "
    "水族 东乡族 纳西族 景颇族 柯尔克孜族 柯尔克孜 土族 达斡尔族 仫佬族 羌族 布朗族 撒拉族 毛南族 仡佬族 锡伯 阿昌族 普米族 塔吉克 怒族 鄂温克族 "
    "保安族 裕固族 独龙族 各族"
).split()

# Customary English names: zh full or short name -> "shown;others". Pinyin is added where it differs.
ENGLISH = dict(
    line.split(" ", 1)
    for line in """
内蒙古自治区 Inner Mongolia;Nei Mongol
陕西省 Shaanxi;Shaan'xi
西藏自治区 Tibet;Xizang
新疆维吾尔自治区 Xinjiang;Sinkiang
香港特别行政区 Hong Kong;Hongkong;HKSAR
澳门特别行政区 Macao;Macau
台湾省 Taiwan
黑龙江省 Heilongjiang
呼和浩特市 Hohhot;Huhhot
包头市 Baotou
鄂尔多斯市 Ordos
呼伦贝尔市 Hulunbuir;Hulun Buir;Hulunbeir
巴彦淖尔市 Bayannur;Bayan Nur;Bayannaoer
乌兰察布市 Ulanqab;Ulaan Chab
兴安盟 Hinggan;Xing'an
锡林郭勒盟 Xilingol;Xilin Gol;Xilinguole
阿拉善盟 Alxa;Alashan
哈尔滨市 Harbin
齐齐哈尔市 Qiqihar;Tsitsihar
佳木斯市 Jiamusi;Kiamusze
大兴安岭地区 Daxing'anling;Da Hinggan Ling;Greater Khingan
延边朝鲜族自治州 Yanbian
吕梁市 Lüliang;Lvliang
三沙市 Sansha
阿坝藏族羌族自治州 Aba;Ngawa;Ngaba
甘孜藏族自治州 Garze;Ganzi;Garzê;Kardze
凉山彝族自治州 Liangshan
普洱市 Pu'er
西双版纳傣族自治州 Xishuangbanna;Sipsongpanna
迪庆藏族自治州 Diqing;Deqen;Dechen
拉萨市 Lhasa
日喀则市 Shigatse;Xigaze;Xigazê
昌都市 Qamdo;Chamdo
林芝市 Nyingchi;Linzhi
山南市 Shannan;Lhoka;Lhokha
那曲市 Nagqu;Nagchu
阿里地区 Ngari
果洛藏族自治州 Golog;Golok
玉树藏族自治州 Yushu
海西蒙古族藏族自治州 Haixi
海南藏族自治州 Hainan
乌鲁木齐市 Urumqi;Ürümqi;Urumchi
克拉玛依市 Karamay
吐鲁番市 Turpan;Turfan
哈密市 Hami;Kumul;Qumul
昌吉回族自治州 Changji
博尔塔拉蒙古自治州 Bortala
巴音郭楞蒙古自治州 Bayingolin;Bayingol;Bayinguoleng
阿克苏地区 Aksu
克孜勒苏柯尔克孜自治州 Kizilsu;Kezilesu
喀什地区 Kashgar;Kashi
和田地区 Hotan;Khotan
伊犁哈萨克自治州 Ili
塔城地区 Tacheng;Tarbagatay
阿勒泰地区 Altay
北京市 Beijing;Peking
阿拉尔市 Aral
图木舒克市 Tumxuk;Tumshuk
可克达拉市 Kokdala
石河子市 Shihezi
神农架林区 Shennongjia
大城县 Daicheng
浦东新区 Pudong
滨海新区 Binhai
沈北新区 Shenbei
井陉矿区 Jingxing Mining
峰峰矿区 Fengfeng Mining
鹰手营子矿区 Yingshouyingzi Mining
白云鄂博矿区 Bayan Obo Mining
赛罕区 Saihan
土默特左旗 Tumed Left
土默特右旗 Tumed Right
托克托县 Togtoh;Tuoketuo
和林格尔县 Horinger
达尔罕茂明安联合旗 Darhan Muminggan United;Damao
固阳县 Guyang
阿鲁科尔沁旗 Ar Horqin
巴林左旗 Bairin Left;Balin Left
巴林右旗 Bairin Right;Balin Right
克什克腾旗 Hexigten;Keshiketeng
翁牛特旗 Ongniud;Wengniute
喀喇沁旗 Harqin;Kalaqin
敖汉旗 Aohan
科尔沁区 Horqin;Keerqin
科尔沁左翼中旗 Horqin Left Middle;Horqin Left Wing Middle
科尔沁左翼后旗 Horqin Left Rear;Horqin Left Wing Rear
库伦旗 Hure;Kulun
奈曼旗 Naiman
扎鲁特旗 Jarud
霍林郭勒市 Holingol;Huolinguole
达拉特旗 Dalad
准格尔旗 Jungar;Zhungeer
鄂托克前旗 Otog Front
鄂托克旗 Otog
杭锦旗 Hanggin
乌审旗 Uxin;Wushen
伊金霍洛旗 Ejin Horo;Ejin Horo
康巴什区 Kangbashi
海拉尔区 Hailar
扎赉诺尔区 Jalai Nur
阿荣旗 Arun
莫力达瓦达斡尔族自治旗 Morin Dawa
鄂伦春自治旗 Oroqen
鄂温克族自治旗 Evenki;Ewenki
陈巴尔虎旗 Old Barag;Chen Barag
新巴尔虎左旗 New Barag Left
新巴尔虎右旗 New Barag Right
满洲里市 Manzhouli
牙克石市 Yakeshi
扎兰屯市 Zhalantun
额尔古纳市 Ergun;Erguna
乌拉特前旗 Urad Front
乌拉特中旗 Urad Middle
乌拉特后旗 Urad Rear
杭锦后旗 Hanggin Rear
察哈尔右翼前旗 Chahar Right Front
察哈尔右翼中旗 Chahar Right Middle
察哈尔右翼后旗 Chahar Right Rear
四子王旗 Siziwang;Dorbod
乌兰浩特市 Ulanhot;Ulan Hot
阿尔山市 Arxan;Aershan
科尔沁右翼前旗 Horqin Right Front;Horqin Right Wing Front
科尔沁右翼中旗 Horqin Right Middle;Horqin Right Wing Middle
扎赉特旗 Jalaid
突泉县 Tuquan
二连浩特市 Erenhot;Erlianhot;Erlian
锡林浩特市 Xilinhot
阿巴嘎旗 Abag;Abaga
苏尼特左旗 Sonid Left
苏尼特右旗 Sonid Right
东乌珠穆沁旗 East Ujimqin
西乌珠穆沁旗 West Ujimqin
太仆寺旗 Taibus
镶黄旗 Bordered Yellow;Xianghuang
正镶白旗 Plain and Bordered White;Zhengxiangbai
正蓝旗 Plain Blue;Zhenglan
多伦县 Duolun;Dolonnur
阿拉善左旗 Alxa Left
阿拉善右旗 Alxa Right
额济纳旗 Ejina;Ejin
喀喇沁左翼蒙古族自治县 Harqin Left Wing;Harqin Left;Kazuo
前郭尔罗斯蒙古族自治县 Qian Gorlos;Front Gorlos
杜尔伯特蒙古族自治县 Dorbod;Duerbote
梅里斯达斡尔族区 Meilisi
富拉尔基区 Fularji
加格达奇区 Jiagedaqi
抚远市 Fuyuan
香格里拉市 Shangri-La;Shangrila
德钦县 Deqin;Deqen
维西傈僳族自治县 Weixi
丽江市 Lijiang
马尔康市 Barkam;Maerkang
若尔盖县 Zoige;Ruoergai;Zoigê
壤塘县 Zamtang
红原县 Hongyuan
阿坝县 Aba;Ngawa
甘孜县 Garze;Ganzi
康定市 Kangding;Dardo;Dartsedo
九龙县 Jiulong
雅江县 Yajiang;Nyagquka
道孚县 Dawu;Daofu
炉霍县 Luhuo;Zhaggo
新龙县 Xinlong;Nyagrong
德格县 Dege;Dêgê
白玉县 Baiyu
石渠县 Sershul;Serxu;Shiqu
色达县 Serthar;Sertar;Seda
理塘县 Litang
巴塘县 Batang
得荣县 Derong
堆龙德庆区 Doilungdeqen;Doilungdêqên
达孜区 Dagze;Dagzê
林周县 Lhunzhub
当雄县 Damxung
尼木县 Nyemo
曲水县 Quxu;Qüxü
墨竹工卡县 Maizhokunggar
桑珠孜区 Samzhubze;Samdruptse
南木林县 Namling
江孜县 Gyantse;Gyangze
定日县 Tingri
萨迦县 Sa'gya;Sakya
拉孜县 Lhatse;Lhaze
昂仁县 Ngamring
谢通门县 Xaitongmoin
白朗县 Bainang
仁布县 Rinbung
康马县 Kangmar
定结县 Dinggye
仲巴县 Zhongba;Drongpa
亚东县 Yadong
吉隆县 Gyirong
聂拉木县 Nyalam
萨嘎县 Saga
岗巴县 Gamba
卡若区 Karub;Karuo
江达县 Jomda
贡觉县 Gonjo
类乌齐县 Riwoqe
丁青县 Dengqen
察雅县 Zhag'yab
八宿县 Baxoi
左贡县 Zogang
芒康县 Markam
洛隆县 Lhorong
边坝县 Banbar
巴宜区 Bayi
工布江达县 Gongbo'gyamda
米林市 Mainling
墨脱县 Medog;Metok
波密县 Bomi;Bome
察隅县 Zayu;Zayü
朗县 Nang
乃东区 Nedong
扎囊县 Zhanang
贡嘎县 Gonggar
桑日县 Sangri
琼结县 Qonggyai
曲松县 Qusum
措美县 Comai
洛扎县 Lhozhag
加查县 Gyaca
隆子县 Lhunze
错那市 Cona
浪卡子县 Nagarze
色尼区 Seni
嘉黎县 Lhari
比如县 Biru
聂荣县 Nyainrong
安多县 Amdo
申扎县 Xainza
索县 Sog
班戈县 Baingoin
巴青县 Baqen
尼玛县 Nyima
双湖县 Shuanghu
普兰县 Burang;Purang
札达县 Zanda
噶尔县 Gar
日土县 Rutog
革吉县 Gegyai;Ge'gyai
改则县 Gerze
措勤县 Coqen
夏河县 Xiahe
迭部县 Tewo;Diebu
舟曲县 Zhouqu;Zhugqu
卓尼县 Jone;Zhuoni
玛曲县 Maqu
碌曲县 Luqu
合作市 Hezuo
肃北蒙古族自治县 Subei
阿克塞哈萨克族自治县 Aksay;Aksai
玛沁县 Maqen;Maqin
班玛县 Baima;Banma
甘德县 Gade
达日县 Darlag;Dari
久治县 Jigzhi;Jiuzhi
玛多县 Madoi;Maduo
杂多县 Zadoi;Zaduo
称多县 Chindu;Chenduo
治多县 Zhidoi;Zhiduo
囊谦县 Nangqen;Nangqian
曲麻莱县 Qumarleb;Qumalai
格尔木市 Golmud;Geermu
德令哈市 Delingha
茫崖市 Mangya
乌兰县 Ulan;Wulan
都兰县 Dulan
尖扎县 Jainca;Jianzha
泽库县 Zekog;Zeku
河南蒙古族自治县 Henan
刚察县 Gangca;Gangcha
沙依巴克区 Saybag;Shayibake
乌尔禾区 Urho;Wuerhe
托克逊县 Toksun
鄯善县 Shanshan;Piqan
巴里坤哈萨克自治县 Barkol
玛纳斯县 Manas
呼图壁县 Hutubi
吉木萨尔县 Jimsar
木垒哈萨克自治县 Mori
阿拉山口市 Alashankou
博乐市 Bole
库尔勒市 Korla
轮台县 Luntai;Bugur
尉犁县 Yuli;Lopnur
若羌县 Ruoqiang;Qakilik;Charkilik
且末县 Qiemo;Qarqan;Cherchen
和硕县 Hoxud
博湖县 Bohu;Bagrax
焉耆回族自治县 Yanqi;Karasahr
库车市 Kuqa;Kucha
沙雅县 Xayar;Shaya
新和县 Xinhe;Toksu
拜城县 Baicheng;Bay
乌什县 Uqturpan;Wushi
阿瓦提县 Awat
柯坪县 Kalpin
温宿县 Wensu;Onsu
阿图什市 Artux;Atush
阿克陶县 Akto
阿合奇县 Akqi
乌恰县 Wuqia;Ulugqat
疏附县 Shufu
疏勒县 Shule
英吉沙县 Yengisar
泽普县 Zepu;Poskam
莎车县 Shache;Yarkant;Yarkand
叶城县 Yecheng;Kargilik
麦盖提县 Makit
岳普湖县 Yopurga
伽师县 Jiashi;Payzawat
巴楚县 Bachu;Maralbexi
塔什库尔干塔吉克自治县 Taxkorgan;Tashkurgan
墨玉县 Moyu;Karakax
皮山县 Pishan;Guma
洛浦县 Lop
策勒县 Qira
于田县 Yutian;Keriya
民丰县 Minfeng;Niya
奎屯市 Kuytun;Kuitun
霍尔果斯市 Horgos;Khorgos;Khorgas
伊宁市 Yining;Ghulja
察布查尔锡伯自治县 Qapqal
特克斯县 Tekes
尼勒克县 Nilka
巩留县 Gongliu;Tokkuztara
额敏县 Emin;Dorbiljin
托里县 Toli
和布克赛尔蒙古自治县 Hoboksar
乌苏市 Usu;Wusu
布尔津县 Burqin;Buerjin
富蕴县 Fuyun;Koktokay
福海县 Fuhai;Burultokay
哈巴河县 Habahe;Kaba
青河县 Qinghe;Qinggil
吉木乃县 Jeminay;Jimunai
""".strip().splitlines()
)
# Further Chinese names: former ones, short forms, places inside that have no code of their own.
CHINESE = {
    "150000": "内蒙",
    "230000": "黑龙江垦区",
    "810000": "香江;香港特区;九龙半岛;香港岛;新界北;油尖旺;深水埗;湾仔;屯门;元朗;葵青;荃湾;观塘;黄大仙;沙田区;西贡区;大埔区",
    "820000": "澳门特区",
    "710000": "台北;高雄;台中市;台南市;新北市;台北市;高雄市;基隆市;新竹市;嘉义市;宜兰县;苗栗县;彰化县;南投县;云林县;屏东县;花莲县;澎湖县;台东县",
    "130000": "雄安新区;雄安",
    "500000": "两江新区",
    "510000": "天府新区;攀西",
    "520000": "贵安新区",
    "610000": "西咸新区",
    "420600": "襄樊;襄樊市",
    "530800": "思茅市;思茅地区",
    "370116": "莱芜市;莱芜",
    "510117": "郫县",
    "340181": "巢湖市",
    "620100": "兰州新区",
    "540600": "那曲地区",
    "542500": "阿里地区",
    "222400": "延边州",
    "232700": "大兴安岭地区",
    "533400": "香格里拉",
    "350205": "厦门海沧",
}
REGIONS = """
京津冀 110000 120000 130000 Beijing-Tianjin-Hebei;Jing-Jin-Ji;Jingjinji
长三角 310000 320000 330000 340000 Yangtze River Delta;Yangtze Delta
长江三角洲 310000 320000 330000 340000
珠三角 440000 Pearl River Delta
珠江三角洲 440000
粤港澳大湾区 440000 810000 820000 Guangdong-Hong Kong-Macao Greater Bay Area;Guangdong-Hong Kong-Macau Greater Bay Area;Greater Bay Area
粤港澳 440000 810000 820000 Guangdong-Hong Kong-Macao
成渝 510000 500000 Chengdu-Chongqing;Sichuan-Chongqing
川渝 510000 500000
汾渭平原 140000 610000 410000 Fenwei Plain;Fen-Wei Plain;Fenhe-Weihe Plain
东北三省 210000 220000 230000 three northeastern provinces;three northeast provinces;Northeast China
东北地区 210000 220000 230000
东三省 210000 220000 230000
关中平原 610000 Guanzhong Plain
关中地区 610000 Guanzhong
江浙沪 320000 330000 310000
云贵川 530000 520000 510000
黑吉辽 230000 220000 210000
云贵 530000 520000
两广 440000 450000
港澳台 810000 820000 710000
""".strip().splitlines()
# Words that hold or straddle a place's name without meaning it.
OTHER_WORDS = (
    "镇江家 云台山 五台山 天台山 白山黑水 长江 黄河 珠江 淮河 海河 辽河 松花江 嫩江 太湖 巢湖 洪泽湖 洞庭湖 鄱阳湖 滇池 渤海 黄海 东海 南海 北部湾 沿海 近海 远海 深海 汾河 渭河 海绵 "
    "东平湖 上海合作组织 上合组织 北京时间 大理石 大理寺 黄石公园 黄石国家公园 长白山 大同小异 世界大同 长治久安 日照时数 日照时间 日照强度 日照条件 北海道 "
    "东方红 东方明珠 东方之珠 中山装 中山陵 中山先生 孙中山 中山公园 广安门 朝阳产业 朝阳门 朝阳行业 入海口 出海口 江河源 三江源 河源区 周口店 宁德时代 "
    "哈密瓜 和田玉 普洱茶 阿里巴巴 阿里云 台湾海峡 青藏高原 云贵高原 黄土高原 内蒙古高原 大运河 人民日报 光明日报 解放日报 解放军 新华社 新华网 共和国 "
    "昆明—蒙特利尔 昆明-蒙特利尔 昆明－蒙特利尔 昆明–蒙特利尔 昆蒙框架 美国德州 大连接 集中连片 公开封 展开封 离开封 混合肥 复合肥 配合肥 大庆典 平衡水 均衡水 三明治 普通化 "
    "校长治 市长治 县长治 河长治 林长治 湖长治 湾长治 院长治 镇长治 美丽水 经济南 中东营 平安中国 平安建设 和平发展 乡镇江 城镇江 北京西站 华东 华北 华南 华中 东北 西北 "
    "西南 东南 云南白药 贵州茅台 青岛啤酒 江南 江淮 江汉 海南极 推广 重大 环保 乡村 新乡村 规定 "
    "稳定 北京卫视"
).split()
ENGLISH_MORE = {
    "810000": "Kowloon;New Territories;Hong Kong Island",
    "710000": "Taipei;Kaohsiung;Taichung;Tainan;Hsinchu;Keelung;Chiayi;New Taipei",
    "130000": "Xiong'an;Xiongan;Xiong'an New Area",
    "500000": "Chungking",
    "420600": "Xiangfan",
    "370116": "Laiwu",
    "320100": "Nanking",
    "370200": "Tsingtao",
}
# Short names that mean something else as often: they count only where context speaks for the place.
COMMON = set(
    "大同 三明 日照 东方 来宾 白银 河源 海北 海东 海西 黄南 山南 文山 安康 和田 阿里 新星 白杨 双河 北屯 昆玉 北海 中山 朝阳 兴安 白山 黑河 四平 天门 仙桃 文昌 "
    "定安 临高 白沙 昌江 陵水 红河 怒江 中卫 万宁 铁门关 长治 临夏 合作 公安 平安 和平 城区 郊区 矿区 南部 比如 互助 共和 资源 港口 通道 大方 同心 "
    "温泉 安定 延长 前锋 向阳 东风 红旗 解放 友谊 友好 前进 工农 复兴 振兴 新兴 光明 南岸 江岸 凤凰 中方 兴业 乐业 石门 洞口 会同 红安 应城 监利 赤壁 建始 丰满 富裕 "
    "岳阳楼 四方台 红寺堡 沙坡头 头屯河 太子河 梁子湖 禹王台 雨花台 五指山 大洼 运河 莲花 丰林 名山 大名 灯塔 广平 长子 水富 思明 峨眉山 黄山 井冈山 武夷山 "
    "大观 东明 清水 礼县 南山 河口 江口 西湖 东湖 南湖 太湖 沿河 江城 海城 海州 江州 三江 双江 大关 关岭 永和 永平 平原 平定 平遥 定远 怀远 "
    "宁远 通州 安平 高平 长安 长宁 长乐 东海 东港 南海 龙海 静海 宁海 海安 江海 临海 滨海 北川 平川 米脂 新民 新华 新城 新建 新市 城关 城中 城东 城西 城北 "
    "市中 路南 路北 市南 市北 桥东 桥西 河东 河西 江北 江南 河北 河南 东昌 龙江 金沙 白水 清流 九龙 水城 普定 汇川 福海 洪湖 洪泽 青山 绿春 桃源 仙居 无为 无极 "
    "中原 二七 金水 上街 惠济 管城 老城 双桥 鼓楼 钟楼 大东 铁东 铁西 立山 平山 明山 元宝 振安 太平 细河 清河 银州 古塔 凌河 龙港 连山 南票 双塔 龙城".split()
)
# Districts whose full name is a common noun too (``老城区``): they count only right after the city's name.
GENERIC = set(
    "河口 江口 洞口 老城 新城 城中 城东 城西 城北 城区 矿区 郊区 东区 西区 港口 新市 南部 上街 平原 运河 沿河 城厢 中原 路南 路北 市中 市南 市北 "
    "桥东 桥西 河东 河西 江岸 南岸 老边 新建 通道 互助 合作 共和 资源 比如 工农 东风 前进 向阳 新民".split()
)
# Common nouns in which full names of three characters end (``海|城市``): what stands before may be a word's end.
NOUNS = set(
    "城区 市区 地区 山区 湖区 库区 矿区 郊区 林区 景区 港区 街区 川区 江区 河区 海区 岛区 牧区 灾区 农区 社区 园区 校区 辖区 沙区 滩区 片区 坝区 东区 西区 南区 北区 "
    "中区 新区 老区 藏区 战区 禁区 城市 都市 港市 州县 城县 山县 川县 水县 河县 江县 乡县".split()
)
# Counties and districts so well known that their short name alone means them.
KNOWN = set(
    "海淀 浦东 昆山 义乌 敦煌 汶川 曲阜 常熟 江阴 延吉 凯里 都江堰 江油 西昌 景洪 瑞丽 腾冲 石狮 晋江 余姚 慈溪 诸暨 寿光 龙口 肥城 巩义 荥阳 浏阳 "
    "顺德 番禺 涪陵 万州 黔江 北碚 璧山 门头沟 石景山 怀柔 密云 延庆 崇明 静安 徐汇 萧山 余杭 安吉 玉门 格尔木 库尔勒 若尔盖 曹妃甸 张北 "
    "涞源 涿州 辛集 任丘 黄骅 神木 府谷 靖边 韩城 准格尔 满洲里 牙克石 二连浩特 锡林浩特 乌兰浩特 霍林郭勒 珲春 梅河口 五大连池 漠河 抚远 "
    "瓦房店 普兰店 庄河 仪征 太仓 宜兴 溧阳 句容 如皋 启东 邳州 桐乡 海宁 嵊州 乐清 温岭 福清 "
    "邵武 建瓯 福鼎 瑞金 井冈山 共青城 诸城 高密 莱州 莱阳 荣成 "
    "大冶 麻城 武穴 老河口 枣阳 丹江口 耒阳 韶山 汨罗 沅江 资兴 冷水江 涟源 吉首 增城 从化 "
    "博罗 英德 台山 鹤山 廉江 阳朔 靖西 凭祥 桂平 岑溪 彭州 邛崃 什邡 绵竹 广汉 阆中 "
    "华蓥 简阳 九寨沟 仁怀 盘州 兴义 都匀 宣威 澄江 蒙自 弥勒 芒市 墨脱 察隅 杨陵 彬州 "
    "临潼 蓝田 周至 碌曲 夏河 德令哈 茫崖 刚察 门源 灵武 青铜峡 石河子 阿拉尔 奎屯 阿图什 独山子".split()
)
CITY_LIKE = re.compile(r"(?:419|429|659)\d{3}|469(?:00[1-9]|02\d|030)")
"""Counties straight under a province: their names stand alone as cities' do."""


def main() -> None:
    """Write the table."""
    rows = list(divisions())
    words = jieba_words()
    shorts = {short for _, _, short, _, _, _ in rows}
    lines = [
        "# Divisions of China; made by benchmarks/build_places.py, which says from what. One a line:",
        "# code, full name, short name, English name, more Chinese names, more English names, flags",
        "# (c: short name is a common word; g: full name too; k: known by its short name alone; n: ends in a common noun), characters that make another word",
        "# of the short name's first (last) character when they stand before (after) it.",
    ]
    for code, full, short, english, more_zh, more_en in rows:
        county = code[4:] != "00" and not CITY_LIKE.match(code)
        known = short in KNOWN or full in KNOWN or (len(short) > 2 and county and short != full)
        frequency, tag = words.get(short, (0, "ns"))
        common = short in COMMON or (county and frequency >= 100 and tag != "ns" and short not in KNOWN)
        flags = (
            ""
            if code.endswith("0000")
            else "g"
            if county and short in GENERIC
            else "c"
            if common
            else "k"
            if known or CITY_LIKE.match(code)
            else ""
        )
        noun = len(full) == 3 and full[1:] in NOUNS
        before, after = neighbours(short, words, shorts) if not county or flags == "k" or noun else ("", "")
        after = "" if county and flags != "k" else after  # the full name goes on
        flags += "n" * noun
        cells = [code, full, short, english, ";".join(more_zh), ";".join(more_en), flags, before, after]
        lines.append("\t".join(cells).rstrip("\t"))
    lines.append("# Regions: name, codes of their provinces, English names")
    for region in REGIONS:
        name, *codes = region.split(" ", 1)[0], *re.findall(r"\b\d{6}\b", region)
        lines.append(
            f"region\t{name}\t{' '.join(codes)}\t{region.rpartition(codes[-1])[2].strip()}".rstrip("\t")
        )
    lines.append("# Words that hold or straddle a place's name without meaning it")
    lines.append("words\t" + " ".join(OTHER_WORDS))
    TARGET.write_text("\n".join(lines) + "\n", "utf-8")
    unknown = (COMMON | GENERIC | KNOWN | set(ENGLISH)) - {name for row in rows for name in row[1:3]}
    print("not in the list:", *unknown)
    print(f"{len(rows)} divisions, {TARGET.stat().st_size:,} bytes")


def divisions() -> Iterator[tuple[str, str, str, str, list[str], list[str]]]:
    """Code, full name, short name, English name, more Chinese names, more English names, by code."""
    official = {
        f"{row['code']:0<6}": row["name"]
        for name in ("provinces.csv", "cities.csv", "areas.csv")
        for row in csv.DictReader((SOURCE / name).open(encoding="utf-8"))
    }
    with (SOURCE / "areacity_ok_data_level3.csv").open(encoding="utf-8-sig") as file:
        listed = list(csv.DictReader(file))
    seen = set()
    for row in sorted(listed, key=lambda row: f"{row['id']:0<6}"):
        code, full = f"{row['id']:0<6}", row["ext_name"]
        if (
            len(code) > 6
            or code in seen
            or code[:2] == "91"
            or (code[:2] in ("71", "81", "82") and code[2:] != "0000")
        ):
            continue
        if code[2:4] in ("01", "02") and code[:2] in ("11", "12", "31", "50") and code[4:] == "00":
            continue  # "the city's districts", a row that the statistics need
        if code in official and official[code] != full and not official[code].endswith(("辖区", "区划")):
            print(f"names differ: {code} {full} {official[code]}")
        seen.add(code)
        short = short_name(full)
        base = english_base(full, short, row["pinyin"])
        english = ENGLISH.get(full, base).split(";")
        if code == "610000":
            base = english[0]  # the pinyin is Shanxi's
        more_en = [name for name in [*english[1:], base, *ENGLISH_MORE.get(code, "").split(";")] if name]
        more_en = [name for name in dict.fromkeys(more_en) if name != english[0]]
        yield code, full, short, english[0], CHINESE.get(code, "").split(";"), more_en
    missing = [code for code in official if code not in seen]
    print("left out:", " ".join(official[code] for code in missing))


def short_name(full: str) -> str:
    """``甘孜藏族自治州`` -> ``甘孜``; a name of two characters stays whole (``赵县``)."""
    kind = next((kind for kind in KINDS if full.endswith(kind)), "")
    short = full.removesuffix(kind)
    if kind.startswith("自治") or kind == "区":
        bare = short
        while people := next((p for p in PEOPLES if bare.endswith(p)), None):
            bare = bare.removesuffix(people)
        short = bare if len(bare) >= 2 else short
    return short if len(short) >= 2 else full


def english_base(full: str, short: str, pinyin: str) -> str:
    """The pinyin of the short name, written together: ``xi an`` -> ``Xi'an``; of one syllable: ``She``."""
    syllables = pinyin.split()
    n = len(short)
    if short == full and len(full) == 2:
        n = 1  # 赵县 is "Zhao County"
    syllables = [re.sub(r"^([ln])v", r"\1ü", syllable) for syllable in syllables[:n]]
    joined = syllables[0] + "".join("'" * (s[0] in "aeo") + s for s in syllables[1:])
    return joined.capitalize()


def jieba_words() -> dict[str, tuple[int, str]]:
    """Words of jieba's dictionary with frequency and part of speech."""
    words = {}
    for line in (resources.files("jieba") / "dict.txt").read_text("utf-8").splitlines():
        word, frequency, tag = line.split()
        words[word] = int(frequency), tag
    return words


def neighbours(name: str, words: dict[str, tuple[int, str]], names: set[str]) -> tuple[str, str]:
    """Characters before and after a name of two characters with which another cut is likelier.

    ``国`` before ``内江``: 国内|江 is likelier than 国|内江, going by the words' frequencies one by one.
    """
    if len(name) != 2:
        return "", ""
    total = math.log(6e7)

    def cost(word: str) -> float:
        return total - math.log(words.get(word, (0.5, ""))[0])

    common = [
        word
        for word, (frequency, _) in words.items()
        if len(word) == 2 and frequency >= 50 and word not in names
    ]

    first, last = name
    as_name = min(cost(name), total - math.log(100))  # a name of the list is never a rare word
    before = [
        word[0] for word in common if word[1] == first and cost(word) + cost(last) < cost(word[0]) + as_name
    ]
    after = [
        word[1] for word in common if word[0] == last and cost(first) + cost(word) < as_name + cost(word[1])
    ]
    return "".join(sorted(before)), "".join(sorted(after))


if __name__ == "__main__":
    main()
