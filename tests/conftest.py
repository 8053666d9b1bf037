"""A small bilingual corpus, a fake embedder that is quick and repeatable, and an index made of both."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import zlib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Literal

import numpy as np
import pytest
from filelock import FileLock
from numpy.typing import NDArray

from indexer import SearchEngine, Settings, Summary, reindex
from indexer.config import load_settings
from indexer.embedding import load_embedder
from indexer.embedding.bundled import BundledEmbedder
from indexer.language.detect import detect_lang
from indexer.store.catalog import Catalog
from indexer.types import Encoded

SHARED_DATA = Path(__file__).resolve().parent.parent.parent / "shared" / "data"
SAMPLE_CORPUS = Path(__file__).resolve().parent.parent / "corpus"

# Words that the fake embedder knows to mean the same.
_SAME = {
    "北京": "beijing", "空气": "air", "水质": "water", "湖泊": "lake", "固体废物": "waste", "噪声": "noise",
    "土壤": "soil", "碳": "carbon", "排污": "discharge", "许可": "permit", "渔": "fishing", "督察": "inspection",
    "森林": "forest", "沙尘": "dust", "罚款": "fine",
}  # fmt: skip


class HashEmbedder:
    """Texts that share words get near vectors, also across languages for the few words of ``_SAME``.

    As in a real multilingual model, each language has a direction of its own, so that texts of one language
    lie together. ``embedded`` counts the passages that were embedded.
    """

    dim = 128

    def __init__(self, fingerprint: str = "hash-1", bias: float = 0.7) -> None:
        self.fingerprint = fingerprint
        self.bias = bias
        self.embedded = 0
        self.calls: list[int] = []

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        return [len(re.findall(r"[\u4e00-\u9fff]|[^\W_]+|[^\w\s]", t)) for t in texts]

    def embed_queries(self, texts: Sequence[str]) -> NDArray[np.float32]:
        return self._embed(texts)

    def embed_passages(self, texts: Sequence[str]) -> NDArray[np.float32]:
        self.embedded += len(texts)
        self.calls.append(len(texts))
        return self._embed(texts)

    def _embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        vectors = np.zeros((len(texts), self.dim), np.float32)
        for row, text in enumerate(texts):
            words = [zlib.crc32(w.encode()) for w in self._words(text)]
            for shift in (0, 8, 16):  # a word's direction: three of the components, up or down
                np.add.at(
                    vectors[row],
                    [2 + (w >> shift) % (self.dim - 2) for w in words],
                    [(1 if w >> shift & 128 else -1) / (3 * len(words)) ** 0.5 for w in words],
                )
            vectors[row, 0 if detect_lang(text) == "zh" else 1] = self.bias
        return (vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-9)).astype(np.float32)

    @staticmethod
    def _words(text: str) -> list[str]:
        text = text.lower()
        for zh, en in _SAME.items():
            text = text.replace(zh, f" {en} ")
        han = re.findall(r"[\u4e00-\u9fff]{2,}", text)
        return re.findall(r"[a-z]+|\d+", text) + [run[i : i + 2] for run in han for i in range(len(run) - 1)]


BULLETINS: dict[str, str] = {
    "zh-air.txt": (
        "北京市2023年空气质量公报\n北京市生态环境局\n2024年1月4日\n\n"
        "2023年，全市细颗粒物年均浓度为32微克每立方米，空气质量优良天数为271天，比上一年减少15天。\n"
        "全年发生沙尘天气多次，可吸入颗粒物受到影响。各区将继续治理移动源和扬尘。\n"
    ),
    "en-air.txt": (
        "Beijing Air Quality in 2023\nBeijing Municipal Ecology and Environment Bureau\n4 January 2024\n\n"
        "In 2023 the annual mean of fine particulate matter in Beijing was 32 micrograms per cubic metre. "
        "The city had "
        "271 days of good air, fifteen fewer than in the year before, because of repeated dust storms.\n"
    ),
    "zh-lake.txt": (
        "高原湖泊水质治理通报\n云南省生态环境厅\n2022年6月15日\n\n"
        "上半年，九个高原湖泊中有五个水质达到三类以上。入湖河道的截污工程已经完成八成，环湖农业面源污染仍是主要来源。\n"
    ),
    "en-lake.md": (
        "# Water quality of the plateau lakes\n\nYunnan Department of Ecology and Environment, 15 June "
        "2022\n\n"
        "Five of the nine plateau lakes reached grade III water quality or better in the first half of the "
        "year. "
        "Sewers now keep waste water out of most of the rivers that feed each lake; farm run-off remains.\n"
    ),
    "zh-waste.gbk.txt": (
        "固体废物跨省转移管理办法解读\n浙江省生态环境厅\n2021年9月1日\n\n"
        "固体废物转出省外利用的，应当向移出地主管部门备案；危险废物转移必须执行电子联单。违者处以罚款。\n"
    ),
    "en-permit.html": (
        "<!DOCTYPE html><html lang='en'><head><title>Discharge permits explained</title></head><body>"
        "<nav>Home | News</nav><h1>Discharge permits explained</h1><p>Every plant that lets pollutants "
        "into air or "
        "water needs a discharge permit. The permit names each outlet, the limit at the outlet and how "
        "often the "
        "plant must measure there, and it is valid for five years.</p></body></html>"
    ),
    "zh-permit.html": (
        "<!DOCTYPE html><html lang='zh'><head><meta "
        "charset='utf-8'><title>排污许可管理问答</title></head><body>"
        "<h1>排污许可管理问答</h1><p>排污单位应当持有排污许可证，按证排污。许可证载明每个排放口的位置、限值和自行监测频次，"
        "有效期为五年，期满前六十日申请延续。</p></body></html>"
    ),
    "en-fishing.txt": (
        "Ten Years Without Fishing on the Yangtze\nMinistry of Agriculture and Rural Affairs\n1 January "
        "2021\n\n"
        "From the first day of 2021 fishing for a living is forbidden on the main stream of the Yangtze "
        "for ten years. "
        "More than two hundred thousand fishers have handed in their boats and were trained for other work.\n"
    ),
    "zh-noise.txt": (
        "噪声污染防治法施行一周年\n2023年6月5日\n\n"
        "法律施行一年来，各地划定声环境功能区，夜间施工噪声投诉下降一成。广场舞噪声仍是居民投诉最多的一类。\n"
    ),
    "mixed.txt": (
        "Notice on the 三同时 system\n\n"
        "Under the 三同时 (three simultaneities) rule, pollution control works must be designed, built and "
        "put into "
        "use together with the main project.\n"
        "项目竣工后，建设单位应当自行组织验收，并公开验收报告。The report stays open to the public for 20 "
        "working days.\n"
    ),
    "sub/zh-soil.txt": (
        "土壤污染风险管控名录\n河北省生态环境厅\n2020年11月20日\n\n"
        "列入名录的地块不得作为住宅用地。土壤污染责任人应当实施风险管控，并按季度报送监测结果。\n"
    ),
}
"""Name -> text; those with ``.gbk`` in the name are written in GBK."""


def write_corpus(folder: Path) -> Path:
    """The eleven bulletins, a copy of one of them, and an empty file."""
    for name, text in BULLETINS.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode("gbk" if ".gbk" in name else "utf-8"))
    (folder / "sub" / "copy-of-zh-noise.txt").write_text(BULLETINS["zh-noise.txt"], encoding="utf-8")
    (folder / "empty.txt").write_bytes(b"")
    return folder


@pytest.fixture
def tiny_corpus(tmp_path: Path) -> Path:
    """Folder of the small bilingual corpus; ``empty.txt`` in it can't be read."""
    return write_corpus(tmp_path / "corpus")


@pytest.fixture
def embedder() -> HashEmbedder:
    """A fake embedder that counts."""
    return HashEmbedder()


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Settings of a test's own folder; the cache is the user's, so that the model is prepared once."""
    return load_settings(corpus=tmp_path / "corpus", index=tmp_path / "index")


Reindex = Callable[..., Summary]


@pytest.fixture
def run_reindex(settings: Settings, embedder: HashEmbedder) -> Reindex:
    """``reindex`` over the test's corpus into the test's index with the fake embedder."""

    def run(*paths: Path, **options: object) -> Summary:
        return reindex(paths or None, settings=settings, **{"embedder": embedder, **options})  # type: ignore[arg-type]

    return run


@pytest.fixture(scope="session")
def ready(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of the small corpus and its index, made with the fake embedder; tests take copies."""
    folder = tmp_path_factory.mktemp("ready")
    corpus, index = write_corpus(folder / "corpus"), folder / "index"
    reindex(settings=load_settings(corpus=corpus, index=index), embedder=HashEmbedder())
    return folder


@pytest.fixture
def fresh_index(ready: Path, tiny_corpus: Path, settings: Settings) -> Path:
    """Index folder of the small corpus, as the fake embedder made it."""
    shutil.rmtree(tiny_corpus)  # the copy's files have the times that the index knows
    shutil.copytree(ready / "corpus", tiny_corpus)
    shutil.copytree(ready / "index", settings.index)
    return settings.index


@pytest.fixture
def catalog(fresh_index: Path):
    """The catalog of ``fresh_index``."""
    with Catalog(fresh_index) as opened:
        yield opened


@pytest.fixture
def engine(fresh_index: Path, settings: Settings, embedder: HashEmbedder):
    """A search engine over ``fresh_index``."""
    with SearchEngine.open(fresh_index, settings=settings, embedder=embedder) as opened:
        yield opened


@pytest.fixture(scope="session")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of the sample corpus and its index, as the ``reindex`` command made it from cold with the bundled model.

    One for all processes that run tests; ``said.txt`` in it is what the command printed.
    """
    common = tmp_path_factory.getbasetemp()
    common = common.parent if "PYTEST_XDIST_WORKER" in os.environ else common
    folder, said = common / "sample", common / "sample" / "said.txt"
    with FileLock(common / "sample.lock"):
        if not said.is_file():
            shutil.copytree(SAMPLE_CORPUS, folder / "corpus")
            # At the usual priority: other tests that run meanwhile would starve it.
            code = "import os; vars(os).pop('SCHED_IDLE', None); vars(os).pop('setpriority', None); from indexer.cli import reindex_main; reindex_main()"
            environment = os.environ | {
                "PYTHONPATH": str(SAMPLE_CORPUS.parent), "QINGSHAN_CACHE": str(load_settings().cache.absolute()),
            }  # fmt: skip
            done = subprocess.run(
                [sys.executable, "-c", code], cwd=folder, env=environment, capture_output=True, encoding="utf-8",
                timeout=300,
            )  # fmt: skip
            assert done.returncode == 0 and "Traceback" not in done.stderr, done.stderr
            said.write_text(done.stdout, "utf-8")
    return folder


@pytest.fixture(scope="session")
def bundled() -> BundledEmbedder:
    """The bundled model from the user's cache; prepared now if it never was (about a minute)."""
    model = load_embedder(load_settings(model="bundled"))
    assert isinstance(model, BundledEmbedder)
    return model


class Remembering:
    """The bundled model, except that it embeds no text twice: the corpora of the tests of ranking share theirs."""

    most = 2500  # texts; token vectors of a passage take a third of a megabyte

    def __init__(self, model: BundledEmbedder) -> None:
        self.fingerprint, self.dim, self.count_tokens = model.fingerprint, model.dim, model.count_tokens
        self._model = model
        self._known: dict[tuple[str, str], tuple] = {}

    def embed_queries(self, texts: Sequence[str]) -> NDArray[np.float32]:
        return self.encode(texts, "query").pooled

    def embed_passages(self, texts: Sequence[str]) -> NDArray[np.float32]:
        return self.encode(texts, "passage").pooled

    def encode(
        self, texts: Sequence[str], kind: Literal["query", "passage"], *, tokens: bool = False
    ) -> Encoded:
        new = [t for t in dict.fromkeys(texts) if (kind, t) not in self._known]
        made = self._model.encode(new, kind, tokens=True)
        rows = dict(zip(new, zip(made.pooled, made.tokens, made.weights, strict=True), strict=True))
        each = [rows.get(t) or self._known[kind, t] for t in texts]
        for text in new[: max(self.most - len(self._known), 0)]:
            self._known[kind, text] = rows[text]
        if not each:
            return self._model.encode([], kind, tokens=tokens)
        pooled, vectors, weights = zip(*each, strict=True)
        return Encoded(np.stack(pooled), *([list(vectors), list(weights)] if tokens else []))


@pytest.fixture(scope="session")
def remembering(bundled: BundledEmbedder) -> Remembering:
    """One for all tests of ranking."""
    return Remembering(bundled)
