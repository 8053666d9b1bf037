"""Are reprints found, and nothing else taken for one? Over ../shared/data/bulletins and what is made of them here.

Of each bulletin reprints are made as sites make them (other clutter, script, width, line breaks and titles, sentences
cut or added, excerpts), and bulletins that only look like reprints (other numbers, another place, one paragraph in
common). All go through ingestion into one catalog, in a shuffled order, and are grouped.

    python benchmarks/reprints.py [--every N]
"""

from __future__ import annotations

import argparse
import json
import random
import re
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from itertools import combinations
from pathlib import Path

from indexer.errors import DocumentError
from indexer.indexing.reprints import group_reprints
from indexer.ingest import document_id, read_document
from indexer.store.catalog import Catalog, FileRecord
from indexer.types import Document

DATA = Path(__file__).resolve().parent.parent.parent / "shared" / "data"
KNOWN = [("zht_hkc_5341.txt", "zht_hkc_5393.txt")]

_SENTENCE = re.compile(r"[^。！？!?；\n]*?(?:[。！？!?；]+[”’」』]?|\.(?=\s)|\n|$)")
_NUMBER = re.compile(r"\d+(?:\.\d+)?")
PLACES = (
    "北京 天津 河北 山西 内蒙古 辽宁 吉林 黑龙江 上海 江苏 浙江 安徽 福建 江西 山东 河南 湖北 湖南 广东 广西 海南 重庆 四川 贵州 云南 "
    "西藏 陕西 甘肃 青海 宁夏 新疆 香港 成都 深圳 广州 杭州 南京 武汉 西安 江门 中山 佛山 Beijing Shanghai Sichuan Hebei Ningxia Chongqing "
    "Zhejiang Guangdong Yunnan China Shenzhen Chengdu"
).split()

Make = Callable[[str, random.Random], str | None]


def sentences(text: str) -> list[str]:
    """A text in sentences, line breaks included."""
    return [s for s in _SENTENCE.findall(text) if s]


def is_chinese(text: str) -> bool:
    """Whether a quarter of a text's characters are Chinese."""
    return len(re.findall(r"[\u4e00-\u9fff]", text)) > len(text) / 4


# Reprints


def framed(text: str, rng: random.Random) -> str:
    """Another site's header and footer."""
    day = f"20{rng.randint(10, 26)}-{rng.randint(1, 12):02}-{rng.randint(1, 28):02}"
    if is_chinese(text):
        head = f"当前位置：首页 > 新闻中心 > 环保动态\n发布时间：{day} 来源：生态环境厅 浏览：{rng.randint(9, 9999)}次\n"
        return head + text + "\n责任编辑：张三\n上一篇：没有了\n版权所有 未经许可不得转载\n"
    head = f"Home > News > Environment\nRelease Time: {day} Source: Bureau of Ecology Views: {rng.randint(9, 9999)}\n"
    return head + text + "\nEditor: J. Smith\nCopyright. All rights reserved.\n"


def shortened(text: str, rng: random.Random) -> str | None:
    """One to three sentences cut, a fifth of the text at most."""
    parts = sentences(text)
    for at in sorted(rng.sample(range(1, len(parts)), min(3, len(parts) - 1)), reverse=True):
        if len(text) - len("".join(parts)) + len(parts[at]) < len(text) / 5 and parts[at].strip():
            del parts[at]
    return "".join(parts)


def lengthened(text: str, rng: random.Random) -> str:
    """Two sentences added."""
    parts = sentences(text)
    more = (
        ("据悉，有关部门将继续跟进此事。", "本网将持续关注后续进展情况。")
        if is_chinese(text)
        else (
            " The departments in charge will follow the matter up. ",
            " We keep reporting on what comes next. ",
        )
    )
    for sentence in more:
        parts.insert(rng.randint(1, len(parts)), sentence)
    return "".join(parts)


def retitled(text: str, rng: random.Random) -> str:
    """Another title."""
    first, _, rest = text.strip().partition("\n")
    if len(first) > len(text) / 5:
        first, rest = "", text
    title = (
        "我国生态环境保护工作取得积极进展"
        if is_chinese(text)
        else "Progress made in protecting the environment"
    )
    return f"{title}\n{rest}"


def rewrapped(text: str, rng: random.Random) -> str:
    """Lines broken elsewhere."""
    width = rng.randint(28, 40)
    lines = []
    for line in text.split("\n"):
        if is_chinese(line):
            lines += re.findall(rf".{{1,{width}}}[!-~]*", line) or [""]
        else:
            lines += re.findall(rf"\S(?:.{{0,{2 * width}}}\S)?(?=\s|$)", line) or [""]
    return "\n".join(lines)


def converted(text: str, rng: random.Random) -> str | None:
    """The other script."""
    import opencc

    if not is_chinese(text):
        return None
    simple = str(opencc.OpenCC("t2s").convert(text))
    return simple if simple != text else str(opencc.OpenCC(rng.choice(["s2t", "s2tw", "s2hk"])).convert(text))


def widened(text: str, rng: random.Random) -> str | None:
    """Full-width digits, letters and marks."""
    if not is_chinese(text):
        return None
    return "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in text)


def annotated(text: str, rng: random.Random) -> str | None:
    """Pinyin behind some characters."""
    notes = {"国": "guó", "生": "shēng", "长": "cháng", "保": "bǎo", "水": "shuǐ", "大": "dà"}
    if not is_chinese(text):
        return None
    return re.sub("[" + "".join(notes) + "]", lambda m: f"{m[0]}({notes[m[0]]})", text)


def excerpt(text: str, rng: random.Random) -> str | None:
    """The first or last 70 to 90 %, whole sentences."""
    parts = sentences(text)
    if rng.random() < 0.5:
        parts = parts[::-1]
    share, kept = rng.uniform(0.72, 0.9), []
    while parts and sum(map(len, kept)) < share * len(text):
        kept.append(parts.pop(0))
    return "".join(kept if text.startswith(kept[0]) else kept[::-1])


def misread(text: str, rng: random.Random) -> str:
    """As characters are recognised in a picture: one in a hundred wrong, and numbers of pages."""
    made = "".join(
        chr(ord(c) + rng.randint(1, 3)) if "\u4e00" <= c <= "\u9fa0" and rng.random() < 0.01 else c
        for c in text
    )
    paged = "第 {} 页 共 {} 页" if is_chinese(text) else "Page {} of {}"
    pages = [made[at : at + 800] for at in range(0, len(made), 800)]
    return "".join(f"{page}\n{paged.format(n, len(pages))}\n" for n, page in enumerate(pages, 1))


def polished(text: str, rng: random.Random) -> str:
    """One sentence in thirty in other words, three at least."""
    return _reworded(text, rng, 1 / 30, 3)


def everything(text: str, rng: random.Random) -> str | None:
    """Several of these at once."""
    text = retitled(lengthened(text, rng), rng)
    text = converted(text, rng) or text
    return framed(rewrapped(text, rng), rng)


REPRINTS: dict[str, Make] = {
    f.__name__: f
    for f in (
        framed, shortened, lengthened, retitled, rewrapped, converted, widened, annotated, excerpt, misread, polished,
        everything,
    )
}  # fmt: skip


# Bulletins that only look like reprints


def amended(text: str, rng: random.Random) -> str | None:
    """One sentence in six in other words, eight at least: the law as it was revised."""
    return _reworded(text, rng, 1 / 6, 8) if len(sentences(text)) >= 40 else None


def _reworded(text: str, rng: random.Random, share: float, at_least: int) -> str:
    parts = sentences(text)
    chinese = is_chinese(text)
    words = ("生态环境主管部门", "应当依法", "县级以上", "信用", "碳排放", "并公开") if chinese else (
        "the authorities in charge", "shall by law", "credit", "carbon", "in public",
    )  # fmt: skip
    long = [i for i, part in enumerate(parts) if len(part) > 24 and (chinese or part.count(" ") > 8)]
    for i in rng.sample(long, min(max(at_least, int(share * len(parts))), len(long))):
        at = rng.randint(8, len(parts[i]) - 12)
        if chinese:
            parts[i] = parts[i][:at] + rng.choice(words) + parts[i][at + rng.choice((0, 2, 4)) :]
        else:
            split = parts[i].split(" ")
            at = rng.randint(1, len(split) - 1)
            parts[i] = " ".join([*split[:at], rng.choice(words), *split[at + rng.choice((0, 1, 2)) :]])
    return "".join(parts)


def _other_number(number: str, rng: random.Random) -> str:
    changed = number
    while changed == number:
        changed = "".join(str(rng.randint(1, 9)) if c.isdigit() else c for c in number)
    return changed


def renumbered(text: str, rng: random.Random, share: float = 1.0) -> str | None:
    """Other numbers in four sentences or more: the bulletin of another month."""
    parts = sentences(text)
    numbered = [
        i for i, part in enumerate(parts) if len(part) > 15 and _NUMBER.search(part) and "://" not in part
    ]
    if len(numbered) < 5:
        return None
    for i in rng.sample(numbered, max(4, int(share * len(numbered)))):
        parts[i] = _NUMBER.sub(lambda m: _other_number(m[0], rng), parts[i])
    return "".join(parts)


def few_numbers(text: str, rng: random.Random) -> str | None:
    """Other numbers in just four sentences."""
    return renumbered(text, rng, 0.0)


def relocated(text: str, rng: random.Random) -> str | None:
    """Another place throughout: what one city says after another's model."""
    counts = Counter({place: text.count(place) for place in PLACES if place in text})
    if not counts or counts.most_common(1)[0][1] < 4:
        return None
    place = counts.most_common(1)[0][0]
    same_kind = [p for p in PLACES if p not in text and p.isascii() == place.isascii() and len(p) > 1]
    return text.replace(place, rng.choice(same_kind)) if same_kind else None


def quoted(text: str, rng: random.Random) -> str | None:
    """A few of the bulletin's sentences, at most 40 % of it, among as much that is new."""
    parts = sentences(text)
    at, kept = rng.randint(0, len(parts) // 2), ""
    while at < len(parts) and len(kept) + len(parts[at]) < 0.4 * len(text):
        kept, at = kept + parts[at], at + 1
    if len(kept) < 60:
        return None
    words = re.findall(r"[\u4e00-\u9fff]{2}|[A-Za-z]+", text)
    rng.shuffle(words)
    joint = "" if is_chinese(text) else " "
    new = [joint.join(words[i : i + 12]) for i in range(0, max(len(words) // 2, 24), 12)]
    stop = "。" if is_chinese(text) else ". "
    return stop.join(new[: len(new) // 2]) + stop + kept + stop.join(new[len(new) // 2 :]) + stop


OTHERS: dict[str, Make] = {f.__name__: f for f in (renumbered, few_numbers, relocated, quoted, amended)}


# Measurement


def made_of(name: str, text: str, kinds: dict[str, Make]) -> Iterator[tuple[str, str]]:
    """(kind, text) of what is made of a bulletin."""
    for kind, make in kinds.items():
        made = make(text, random.Random(f"{name} {kind}"))
        if made is not None and made.strip() != text.strip():
            yield kind, made


def collect(every: int) -> tuple[dict[str, str], dict[str, str], dict[str, str]]:
    """Texts by name; the origin of each; the kind of each that was made."""
    texts: dict[str, str] = {}
    origin: dict[str, str] = {}
    kinds: dict[str, str] = {}
    for path in sorted((DATA / "bulletins" / "docs").iterdir()):
        texts[path.name], origin[path.name] = path.read_text("utf-8"), path.name
    for a, b in KNOWN:
        origin[b] = a
        kinds[b] = "known"
    for line in (DATA / "bulletins_noise" / "manifest.jsonl").read_text("utf-8").splitlines():
        row = json.loads(line)
        texts[row["file"]] = (DATA / "bulletins_noise" / "docs" / row["file"]).read_text("utf-8")
        origin[row["file"]], kinds[row["file"]] = row["copy_of"], f"noise: {row['kind']}"
    bulletins = [name for name in texts if name not in kinds]
    for name in bulletins[::every]:
        # Of the clean text, for what only looks like it: what differs is to be in the bulletin, not in its clutter.
        clean = read_document(DATA / "bulletins" / "docs" / name).text
        if len(clean) >= 300 and len(sentences(clean)) >= 6:
            for kind, text in made_of(name, texts[name], REPRINTS):
                texts[f"{name}+{kind}"], origin[f"{name}+{kind}"], kinds[f"{name}+{kind}"] = text, name, kind
            for kind, text in made_of(name, clean, OTHERS):
                texts[f"{name}-{kind}"], origin[f"{name}-{kind}"] = text, f"{name}-{kind}"
                kinds[f"{name}-{kind}"] = kind
    return texts, origin, kinds


def read_all(texts: dict[str, str], folder: Path) -> dict[str, Document]:
    """The documents by name; of exact copies only the first."""
    documents: dict[str, Document] = {}
    for name, text in texts.items():
        path = folder / "bulletin.txt"
        path.write_text(text, "utf-8")
        try:
            documents[name] = read_document(path)
        except DocumentError:
            continue
    first = {d.doc_id: n for n, d in reversed(documents.items())}
    return {n: d for n, d in documents.items() if first[d.doc_id] == n}


@dataclass
class Result:
    """What grouping made of the documents. Pairs are of names.

    Attributes:
        pairs: All pairs of one group.
        wrong: Those of them that are not prints of one bulletin.
        wanted: Each reprint with its bulletin. Two reprints of one need not be reprints of each other: one may be
            its beginning, the other its end.
        missed: Those of them that are in different groups.
    """

    n_documents: int
    n_groups: int
    seconds: float
    pairs: list[tuple[str, str]]
    wrong: list[tuple[str, str]]
    wanted: list[tuple[str, str]]
    missed: list[tuple[str, str]]

    @property
    def precision(self) -> float:
        """Share of the found pairs that are right."""
        return 1 - len(self.wrong) / max(len(self.pairs), 1)

    @property
    def recall(self) -> float:
        """Share of the wanted pairs that are found."""
        return 1 - len(self.missed) / max(len(self.wanted), 1)


def group(catalog: Catalog, documents: dict[str, Document], origin: dict[str, str]) -> Result:
    """Put the documents into a catalog, in a shuffled order, and group them."""
    names = sorted(documents)
    random.Random(7).shuffle(names)
    for name in names:
        add(catalog, name, documents[name])
    began = time.perf_counter()
    group_reprints(catalog)
    seconds = time.perf_counter() - began
    of = dict(catalog._db.execute("SELECT doc_id, group_id FROM fingerprints").fetchall())
    groups = defaultdict(list)
    for name in names:
        groups[of[documents[name].doc_id]].append(name)
    pairs = [pair for members in groups.values() for pair in combinations(sorted(members), 2)]
    wanted = [(origin[n], n) for n in names if origin[n] != n and origin[n] in documents]
    together = set(pairs)
    return Result(
        len(names),
        len(groups),
        seconds,
        pairs,
        [(a, b) for a, b in pairs if origin[a] != origin[b]],
        wanted,
        [(a, b) for a, b in wanted if (min(a, b), max(a, b)) not in together],
    )


def add(catalog: Catalog, name: str, document: Document) -> None:
    """Store a document without passages."""
    catalog.add_document(document, [], [], FileRecord(name, "1-1", None, document.doc_id, None))


def seconds_for_one_more(catalog: Catalog, document: Document) -> float:
    """Time to find the place of one more document, a print of one that is there."""
    text = document.text + ("\n据悉，此事还将继续。" if is_chinese(document.text) else "\nMore to come.")
    add(catalog, f"{document.doc_id} again", replace(document, doc_id=document_id(text.encode()), text=text))
    began = time.perf_counter()
    group_reprints(catalog)
    return time.perf_counter() - began


def main() -> None:
    """Print precision and recall of pairs, what was missed by kind, and times."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--every", type=int, default=1, help="make reprints of every Nth bulletin only")
    texts, origin, kinds = collect(arguments.parse_args().every)
    with tempfile.TemporaryDirectory() as folder, Catalog(Path(folder) / "index", create=True) as catalog:
        documents = read_all(texts, Path(folder))
        r = group(catalog, documents, origin)
        each = 1e3 * r.seconds / r.n_documents
        print(f"{r.n_documents:,} documents, {r.n_groups:,} groups, {r.seconds:.1f} s, {each:.1f} ms each")
        print(f"pairs found {len(r.pairs):,}, wrong {len(r.wrong)}: precision {r.precision:.4f}")
        print(f"pairs wanted {len(r.wanted):,}, missed {len(r.missed)}: recall {r.recall:.4f}")
        total, lost = (Counter(kinds[b] for _, b in pairs) for pairs in (r.wanted, r.missed))
        for kind in sorted(total):
            print(f"  {kind:20} {total[kind]:5} wanted, {lost[kind]:3} missed")
        made = Counter(kind for name, kind in kinds.items() if name in documents and kind in OTHERS)
        mistaken = Counter(kinds.get(n, "bulletin") for pair in r.wrong for n in pair if origin[n] == n)
        for kind in sorted(made):
            print(f"  {kind:20} {made[kind]:5} made, in {mistaken[kind]} wrong pairs")
        for a, b in r.missed[:20]:
            print("    missed", a, b)
        for a, b in r.wrong[:20]:
            print("    wrong ", a, b)
        times = sorted(1e3 * seconds_for_one_more(catalog, documents[n]) for n in sorted(documents)[::97])
        print(f"one more document: {times[len(times) // 2]:.1f} ms, at most {times[-1]:.1f}")


if __name__ == "__main__":
    main()
