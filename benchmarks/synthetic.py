"""Makes large indexes out of few real texts, for the benchmarks of size.

The sentences are real (../shared/data: bulletins, XQuAD, CMRC 2018), each embedded once by the bundled model, with its
token vectors. A passage is a run of neighbouring sentences in which about half are replaced by others of the same
language. What is synthetic: the passages' text, titles, dates, places and publishers, and beyond the first REAL
passages their vectors too, which are put together from those of their sentences: token vectors side by side, and their
mean as the pooled vector. `main` prints how near that comes to embedding the passage itself. As the sentences return all
the time, jieba cuts each only once: the lexical index of real texts takes two or three milliseconds a passage longer.

usage: python benchmarks/synthetic.py N FOLDER     (makes FOLDER/index and FOLDER/corpus with N passages)
"""

from __future__ import annotations

import functools
import hashlib
import json
import random
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from indexer.config import load_settings
from indexer.embedding import load_embedder
from indexer.embedding.bundled import BundledEmbedder
from indexer.embedding.late import BYTES, VERSION, TokenCodec, late_codec
from indexer.errors import QingshanError
from indexer.indexing.files import _stamp, stored_path
from indexer.indexing.followers import follow
from indexer.indexing.models import adopt_model, check_versions
from indexer.indexing.reprints import group_reprints
from indexer.ingest import read_document
from indexer.ingest.sentences import sentences
from indexer.language import tokens
from indexer.language.detect import detect_lang
from indexer.language.places import provinces
from indexer.language.tokens import load_dictionary
from indexer.store.catalog import Catalog, FileRecord
from indexer.types import LANGS, Document, Fact, Lang, Passage, Span

DATA = Path(__file__).resolve().parents[2] / "shared" / "data"
REAL = 500
"""Passages of every index whose vectors are the model's own."""
TOKENS = 185
"""Of a passage; the median of the real ones, title included."""
PER_DOCUMENT = 10
MOST = 2_500
"""Sentences of a language, spread evenly over those that there are."""
CHINESE = 0.75
"""Share of the documents that are Chinese."""
RARE, RARE_SHARE = "滨海县生态环境分局", 0.001
"""A publisher of one document in a thousand: the narrowest filter that is measured."""
PUBLISHERS = [f"{place.name_zh}生态环境厅" for place in provinces()]
SENTENCES, REAL_PASSAGES = f"sentences-{VERSION}.npz", f"real-{VERSION}.npz"
"""Where the vectors of the sentences and of the real passages are kept beside the indexes."""
TOPICS = ("air", "water", "soil", "waste", "noise", "climate")


@dataclass
class Bank:
    """The sentences of one language, in the order of their sources.

    Attributes:
        sums: Sum of each one's token vectors, shape ``(n, dim)``.
        lengths: Its number of tokens, shape ``(n,)``.
        packed: Its token vectors, packed, shape ``(48, n)``.
    """

    texts: list[str]
    sums: NDArray[np.float32]
    lengths: NDArray[np.int64]
    packed: list[NDArray[np.uint8]]


def real_texts() -> Iterator[str]:
    """Texts of the data sets."""
    for path in sorted((DATA / "bulletins" / "docs").iterdir()):
        try:
            yield read_document(path).text
        except QingshanError:
            continue
    for line in (DATA / "xquad-dev" / "corpus.jsonl").read_text("utf-8").splitlines():
        yield json.loads(line)["text"]
    squad = json.loads((DATA / "cmrc2018" / "squad-style-data_cmrc2018_dev.json").read_text("utf-8"))
    for article in squad["data"]:
        yield from (paragraph["context"] for paragraph in article["paragraphs"])


def load_bank(embedder: BundledEmbedder, codec: TokenCodec, kept: Path) -> dict[Lang, Bank]:
    """Sentences of 10 to 300 characters, each once, embedded; kept in a file for the next time."""
    if not kept.is_file():
        np.savez(kept, **_embed_sentences(embedder, codec))
    with np.load(kept) as arrays:
        facts = {name: arrays[name] for name in arrays.files}
    banks: dict[Lang, Bank] = {}
    for lang in LANGS:
        lengths = facts[f"lengths_{lang}"]
        pieces = np.split(facts[f"packed_{lang}"], np.cumsum(lengths)[:-1] * BYTES)
        pieces = [packed.reshape(BYTES, -1) for packed in pieces]
        banks[lang] = Bank(facts[f"texts_{lang}"].tolist(), facts[f"sums_{lang}"], lengths, pieces)
    return banks


def _embed_sentences(embedder: BundledEmbedder, codec: TokenCodec) -> dict[str, NDArray[np.generic]]:
    texts: dict[Lang, dict[str, None]] = {lang: {} for lang in LANGS}
    for text in real_texts():
        for start, end in sentences(text):
            sentence = " ".join(text[start:end].split())
            if 10 <= len(sentence) <= 300:
                texts[detect_lang(sentence)].setdefault(sentence)
    facts: dict[str, NDArray[np.generic]] = {}
    for lang, mine in texts.items():
        some = list(mine)[:: -(-len(mine) // MOST)]
        sums, lengths, packed = [], [], []
        for at in range(0, len(some), 512):
            encoded = embedder.encode(some[at : at + 512], "passage", tokens=True)
            for of_one in encoded.tokens or []:
                sums.append(of_one.sum(0))
                packed.append(codec.pack(of_one, lang))
                lengths.append(len(packed[-1]) // BYTES)
        facts |= {
            f"texts_{lang}": np.array(some), f"sums_{lang}": np.stack(sums), f"lengths_{lang}": np.array(lengths),
            f"packed_{lang}": np.frombuffer(b"".join(packed), np.uint8),
        }  # fmt: skip
    return facts


def compose(bank: Bank, chance: random.Random) -> list[int]:
    """The sentences of one passage."""
    chosen: list[int] = []
    at, n_tokens = chance.randrange(len(bank.texts)), 0
    while n_tokens < TOKENS:
        at = (at + 1) % len(bank.texts)
        chosen.append(at if chance.random() < 0.5 else chance.randrange(len(bank.texts)))
        n_tokens += int(bank.lengths[chosen[-1]])
    return chosen


def documents(
    banks: dict[Lang, Bank], n_passages: int, seed: int = 1
) -> Iterator[tuple[Document, list[Passage], list[list[int]]]]:
    """Documents with their passages, and the sentences of each."""
    chance = random.Random(seed)
    places = [place.code for place in provinces()]
    for _ in range(n_passages // PER_DOCUMENT):
        lang: Lang = "zh" if chance.random() < CHINESE else "en"
        bank = banks[lang]
        chosen = [compose(bank, chance) for _ in range(PER_DOCUMENT)]
        joiner = "" if lang == "zh" else " "
        texts = [joiner.join(bank.texts[i] for i in some) for some in chosen]
        title = bank.texts[chance.randrange(len(bank.texts))][:30]
        text = "\n".join(texts)
        doc_id = hashlib.sha256(text.encode()).hexdigest()[:16]
        published = f"{chance.randint(2005, 2025)}-{chance.randint(1, 12):02}-{chance.randint(1, 28):02}"
        publisher = RARE if chance.random() < RARE_SHARE else chance.choice(PUBLISHERS)
        facts = (
            Fact("place", chance.choice(places), 0.9, "title line"),
            Fact("topic", chance.choice(TOPICS), 0.9, "text"),
        )
        spans, passages, at = [], [], 0
        for ordinal, one in enumerate(texts):
            end = at + len(one)
            spans.append(Span(at, end, ordinal + 1))
            passages.append(
                Passage(doc_id, ordinal, lang, at, end, one, title, line=ordinal + 1, line_end=ordinal + 1)
            )
            at = end + 1
        document = Document(doc_id, text, tuple(spans), lang, "txt", title, published, publisher, facts=facts)
        yield document, passages, chosen


def digest_of(passage: Passage) -> bytes:
    """As the index names what is embedded for a passage."""
    return hashlib.sha256(passage.embedded.encode()).digest()[:16]


def put_together(bank: Bank, chosen: list[list[int]]) -> tuple[NDArray[np.float32], list[bytes]]:
    """Pooled and packed token vectors of passages out of their sentences'."""
    vectors = np.stack([bank.sums[some].sum(0) for some in chosen])
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    return vectors, [np.concatenate([bank.packed[i] for i in some], axis=1).tobytes() for some in chosen]


def load_real(
    banks: dict[Lang, Bank], embedder: BundledEmbedder, codec: TokenCodec, kept: Path
) -> tuple[NDArray[np.float32], list[bytes]]:
    """The model's own vectors of the first ``REAL`` passages; kept in a file, as every index begins with the same."""
    if not kept.is_file():
        vectors, packed = [], []
        for document, passages, _ in documents(banks, REAL):
            encoded = embedder.encode([p.embedded for p in passages], "passage", tokens=True)
            vectors.append(encoded.pooled)
            packed += [codec.pack(tokens, document.lang) for tokens in encoded.tokens or []]
        lengths = np.array([len(one) for one in packed])
        np.savez(
            kept,
            vectors=np.concatenate(vectors),
            lengths=lengths,
            packed=np.frombuffer(b"".join(packed), np.uint8),
        )
    with np.load(kept) as arrays:
        pieces = np.split(arrays["packed"], np.cumsum(arrays["lengths"])[:-1])
        return arrays["vectors"], [piece.tobytes() for piece in pieces]


def cut_each_once() -> None:
    """Let jieba remember what it has cut, in this process."""
    load_dictionary()
    tokenizer = tokens._jieba()
    tokenizer.cut_for_search = functools.cache(lambda run, cut=tokenizer.cut_for_search: tuple(cut(run)))


def build(
    folder: Path,
    n_passages: int,
    banks: dict[Lang, Bank],
    real: tuple[NDArray[np.float32], list[bytes]],
    embedder: BundledEmbedder,
) -> dict[str, float]:
    """Make ``folder/index`` and the files ``folder/corpus`` that it was made of; the seconds of each step."""
    cut_each_once()
    settings = load_settings()
    index, corpus = folder / "index", folder / "corpus"
    seconds: dict[str, float] = {}
    started = time.perf_counter()
    with Catalog(index, create=True) as catalog:
        check_versions(catalog, index)
        adopt_model(catalog, settings, embedder, index)
        done = 0
        for n, (document, passages, chosen) in enumerate(documents(banks, n_passages)):
            place = corpus / f"{n // 1000:03}" / f"{n:06}.txt"
            if n % 1000 == 0:
                place.parent.mkdir(parents=True, exist_ok=True)
            place.write_text(document.text, "utf-8")
            digests = [digest_of(p) for p in passages]
            bank = banks[document.lang]
            if done < REAL:
                vectors, packed = (of_all[done : done + len(passages)] for of_all in real)
            else:
                vectors, packed = put_together(bank, chosen)
            done += len(passages)
            catalog.add_embeddings(digests, vectors, packed)
            record = FileRecord(
                stored_path(place, index), _stamp(place),
                hashlib.sha256(document.text.encode()).hexdigest(), document.doc_id, None,
            )  # fmt: skip
            catalog.add_document(document, passages, digests, record, {})
        seconds["catalog"] = time.perf_counter() - started
        started = time.perf_counter()
        group_reprints(catalog)
        seconds["reprints"] = time.perf_counter() - started
        started = time.perf_counter()
        follow(catalog, embedder.dim)
        seconds["followers"] = time.perf_counter() - started
    return seconds


def main() -> None:
    """Make one index and say how near its vectors are to the model's."""
    n_passages, folder = int(sys.argv[1]), Path(sys.argv[2])
    embedder = load_embedder(load_settings())
    assert isinstance(embedder, BundledEmbedder)
    codec = late_codec(embedder)
    assert codec is not None
    folder.mkdir(parents=True, exist_ok=True)
    banks = load_bank(embedder, codec, folder.parent / SENTENCES)
    for lang, bank in banks.items():
        print(f"{lang}: {len(bank.texts):,} sentences of {bank.lengths.mean():.0f} tokens")
    sample = list(documents(banks, 400, seed=2))
    cosines = []
    for document, passages, chosen in sample:
        own = embedder.embed_passages([p.text for p in passages])
        cosines += (own * put_together(banks[document.lang], chosen)[0]).sum(1).tolist()
    print(f"cosine of a passage put together with the passage embedded: {np.mean(cosines):.3f}")
    real = load_real(banks, embedder, codec, folder.parent / REAL_PASSAGES)
    for step, taken in build(folder, n_passages, banks, real, embedder).items():
        print(f"{step}: {taken:.0f} s")


if __name__ == "__main__":
    main()
