"""The search engine: one index, one embedder, questions in, hits out."""

from __future__ import annotations

import functools
import threading
import time
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Self

import numpy as np

from indexer.config import Settings, load_settings
from indexer.embedding import Embedder, load_embedder
from indexer.embedding.late import VERSION as LATE_VERSION
from indexer.embedding.late import late_codec
from indexer.embedding.prior import language_means
from indexer.errors import SearchIndexError
from indexer.indexing.files import read_source, source_path
from indexer.indexing.followers import try_follow
from indexer.indexing.models import check_late, check_model_name, model_mismatch
from indexer.language.lexicon import Lexicon
from indexer.language.tokens import use_compact_dictionary
from indexer.processes import n_processors
from indexer.search import ranking
from indexer.search.encoding import QueryEncoder
from indexer.search.facets import FacetCounter, Facets, matching_numbers
from indexer.search.finder import Finder
from indexer.search.query import Query, analyze, check_k, check_lang, cleaned
from indexer.search.receipt import IndexFacts, Verdict, index_facts, verify
from indexer.search.relevance import RELEVANT
from indexer.search.reprints import as_reprint, fold_ranking
from indexer.search.rerank import RERANKED, CrossEncoder, load_reranker, rerank
from indexer.search.restrict import allowed, among_them, contains, without
from indexer.search.second import SecondEngine
from indexer.search.sorting import DATED, Sort, by_date, check_sort
from indexer.search.spans import Highlighter, Highlights
from indexer.search.syntax import Request, parse
from indexer.search.understanding import Refusal, Understanding, understand
from indexer.store.catalog import Catalog, Stats, StoredPassage, moment
from indexer.store.dense import DenseIndex
from indexer.store.lexical import LexicalIndex, has_lexical
from indexer.store.saved import Saved, SavedSearches
from indexer.types import LANGS, Document, Filter, Hit, Lang

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from indexer.embedding.bundled import Progress
    from indexer.search.health import Health

# Candidates of each leg in each language; more only when more hits are asked for.
_DEPTH = 200
# Seconds between two attempts to bring the lexical index in step.
_FOLLOW_AGAIN = 1.0
# Hits that are looked at, and topics that are named, where nothing is relevant.
_NEAREST, _NEAREST_TOPICS = 10, 3


class SearchEngine:
    """Answers questions from one index. Any number of threads may use it at once.

    It notices when the index grows: the next question after a ``reindex`` sees the new bulletins.
    """

    def __init__(self, catalog: Catalog, embedder: Embedder, lexicon: Lexicon, *, late: bool = True) -> None:
        """Put an engine together from its parts; :meth:`open` does it from settings."""
        self._catalog = catalog
        self._embedder = embedder
        self._lexicon = lexicon
        self._codec = late_codec(embedder) if late and catalog.meta("late") == LATE_VERSION else None
        # Questions take turns: one is shared by two threads, and more would only wait for Python's lock. The threads stay
        # the same, with connections and scratch space that are warm; those who ask come and go.
        self._at_once = max(1, n_processors() // 2)
        self._turns = ThreadPoolExecutor(self._at_once, "question")
        self._helpers = ThreadPoolExecutor(self._at_once, "help")
        self._second: SecondEngine | None = None
        self._n_here, self._counting = 0, threading.Lock()
        self._encoder = QueryEncoder(embedder, self._codec)
        # Filters are chosen once and hold for many questions; at another state of the index they let others through.
        self._matching = functools.lru_cache(maxsize=16)(lambda _state, where: catalog.matching(where))
        self._highlighter = Highlighter(catalog, embedder, self._codec, self._encoder.encode)
        self._facets = FacetCounter(catalog, self._matching)
        self._saved = SavedSearches(catalog)
        self._refreshing = threading.Lock()
        self._finder: Finder | None = None
        self._follows_again = 0.0
        self._reranker: CrossEncoder | None = None

    @classmethod
    def open(
        cls,
        index: str | Path | None = None,
        *,
        settings: Settings | None = None,
        embedder: Embedder | None = None,
        progress: Progress | None = None,
        alone: bool = False,
    ) -> Self:
        """Open an index for searching.

        Args:
            index: The index folder; that of the settings by default.
            settings: Where not given, those of the environment.
            embedder: Where not given, the one that the settings name.
            progress: Told of each step when the bundled model has to be prepared, or the lexical index made anew, which
                takes seconds for each ten thousand passages.
            alone: Never start a second process for questions that come while others are answered; see
                :mod:`indexer.search.second`.

        Raises:
            IndexNotFoundError: There is no index in that folder.
            IndexVersionError: Another version of Qingshan made it.
            ModelMismatchError: It was made with another embedding model.
            ModelError: The model or the reranker can't be prepared or loaded.
        """
        settings = settings or load_settings()
        use_compact_dictionary(settings.cache)
        folder = Path(index) if index is not None else settings.index
        say = progress or (lambda _step: None)
        catalog = Catalog(folder)
        try:
            check_late(catalog, folder)
            if embedder is None:
                check_model_name(catalog, settings, folder)
                embedder = load_embedder(settings, lambda step: say(f"preparing the model: {step}"))
            found = catalog.meta("model")
            if found is not None and found != embedder.fingerprint:
                raise model_mismatch(folder, found, embedder.fingerprint)
            if not has_lexical(folder) and catalog.stats().passages:  # lost, or another version's
                say("updating the search indexes")
                try_follow(catalog)
            engine = cls(catalog, embedder, Lexicon(settings.cache), late=settings.late)
            if settings.reranker:
                engine._reranker = load_reranker(settings.reranker)
            if not alone and _is_bundled(embedder):
                engine._second = SecondEngine(folder, settings)
            return engine
        except BaseException:
            catalog.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the catalog's connections, and end the second process if there is one."""
        self.end_second()
        self._catalog.close()

    def end_second(self) -> None:
        """End the second process if there is one, for good: all questions are answered in this one."""
        if self._second is not None:
            self._second.close()

    # Questions

    def search(
        self,
        query: str,
        k: int = 10,
        lang: Lang | None = None,
        *,
        where: Filter | None = None,
        fold: bool = True,
        without_terms: Collection[str] = (),
        sort: Sort = "relevance",
    ) -> list[Hit]:
        """The passages that best answer a question, whichever language they are in.

        Args:
            query: A question or some words, in Chinese or English; 2,000 characters at most. ``"phrases"`` in quotation
                marks are required, ``-words`` excluded, and ``site:``, ``before:``, ``after:``, ``during:``, ``in:``,
                ``topic:``, ``type:`` and ``lang:`` are filters; see :mod:`indexer.search.syntax`.
            k: How many hits at most, 1 to 1,000.
            lang: Only passages in this language.
            where: Filters that must hold besides those typed.
            fold: Make one hit, with its reprints, of passages that say the same in several prints of a bulletin.
            without_terms: Terms of the question that are not looked for under their names in the other language; see
                :meth:`understand`. The embedding sees the question as typed.
            sort: ``relevance``, or by the documents' dates ``newest`` or ``oldest`` first. By date there are only the
                relevant ones of the best hits, those without a date last; if none is relevant, the order is that of
                relevance.

        Returns:
            Hits in the order of their score, best first; an empty list if nothing is indexed.

        Raises:
            QueryError: The question is empty, too long or has no words; a filter, ``k``, ``lang`` or ``sort`` can't be
                used.
        """
        check_k(k)
        request, only = parse(query), check_lang(lang)
        if check_sort(sort) != "relevance":
            hits = self._search(request, max(k, DATED), only, where or Filter(), fold, without_terms)
            return by_date(hits, sort)[:k]
        if self._reranker is None:
            return self._search(request, k, only, where or Filter(), fold, without_terms)
        hits = self._search(request, max(k, RERANKED), only, where or Filter(), fold, without_terms)
        return rerank(request.text, hits, self._reranker)[:k]

    def _search(
        self,
        request: Request,
        k: int,
        lang: Lang | None,
        where: Filter,
        fold: bool = True,
        without_terms: Collection[str] = (),
    ) -> list[Hit]:
        question = (request, k, lang, where, fold, tuple(without_terms))
        if self._second is not None and (n_before := self._n_here + 1 - self._at_once) > 0:
            hits = self._second.answer(question, n_before)
            if hits is not None:
                return hits
        with self._counting:
            self._n_here += 1
        try:
            return self._turns.submit(self.answer, *question).result()
        finally:
            with self._counting:
                self._n_here -= 1

    def answer(
        self,
        request: Request,
        k: int,
        lang: Lang | None,
        where: Filter,
        fold: bool = True,
        without_terms: Collection[str] = (),
    ) -> list[Hit]:
        """The hits of a question that was already parsed, in this thread and process; see :meth:`search`."""
        finder = self._fresh()  # one state of the index for the whole question
        wanted = {only for only in (lang, where.lang, request.filter.lang) if only}
        langs = tuple(one for one in LANGS if wanted <= {one})
        query = self._prepared(cleaned(request.text), without_terms, finder, langs)
        matching = functools.partial(self._matching, (finder.generation, finder.dense.seq))
        among = allowed((where, request.filter), request.phrases, matching, finder.with_phrase)
        ranked = finder.rank(query, max(_DEPTH, 2 * k), langs, among)
        ranked = without(ranked, request.excluded, self._catalog)

        def may_be_hit(stored: StoredPassage) -> bool:
            p = stored.passage
            return (
                p.lang in langs
                and among_them(stored.number, among)
                and not any(contains(p.text, word) for word in request.excluded)
            )

        if fold:
            folded = fold_ranking(ranked, k, self._catalog, may_be_hit)
            return [_hit(i, f.ranked, f.stored, f.reprints) for i, f in enumerate(folded, 1)]
        passages = self._catalog.passages([r.number for r in ranked[: k + 10]])
        present = [r for r in ranked[: k + 10] if r.number in passages][:k]
        return [_hit(i, r, passages[r.number]) for i, r in enumerate(present, 1)]

    def _prepared(
        self, text: str, without_terms: Collection[str], finder: Finder, langs: Sequence[Lang]
    ) -> Query:
        """A question, analysed; where it is new, its words are looked up while it is embedded."""
        if self._encoder.remembers(text):
            return self.analyze(text).without(without_terms)

        def look_up() -> Query:
            query = self.analyze(text).without(without_terms)
            finder.match_words(query, langs)
            return query

        analysis = self._helpers.submit(look_up)
        self._encoder.encode(text)
        return analysis.result()

    def new_passages(
        self,
        question: str,
        since: str,
        k: int = 100,
        lang: Lang | None = None,
        *,
        where: Filter | None = None,
        without_terms: Collection[str] = (),
    ) -> list[Hit]:
        """The relevant hits of documents that came into the index after some moment.

        Args:
            question: As typed.
            since: UTC, ISO 8601, such as :attr:`Saved.seen`.
            k: How many hits at most.
            lang: As for :meth:`search`, like ``where`` and ``without_terms``.
            where: Filters on top of those typed.
            without_terms: Terms that are switched off.
        """
        newer = replace(where or Filter(), indexed_after=since)
        hits = self.search(question, k, lang, where=newer, without_terms=without_terms)
        return [hit for hit in hits if hit.relevance >= RELEVANT]

    def facets(
        self,
        question: str | None,
        *,
        lang: Lang | None = None,
        where: Filter | None = None,
        without_terms: Collection[str] = (),
    ) -> Facets:
        """What there is to narrow a question by, with counts.

        Args:
            question: As typed; its own filters always hold. None for the whole index.
            lang: As it was searched with, like ``where`` and ``without_terms``.
            where: Chosen filters; the counts of a facet are taken without its own.
            without_terms: Terms that are switched off.

        Raises:
            QueryError: As for :meth:`search`.
        """
        chosen = replace(where or Filter(), lang=check_lang(lang) or (where.lang if where else None))
        if question is None:
            return self._facets.of_index(chosen)
        request = parse(question)
        query = self.analyze(request.text).without(without_terms)
        finder = self._fresh()
        matching = functools.partial(self._matching, (finder.generation, finder.dense.seq))
        ranked: list[ranking.Ranked] = []
        # Under a filter the ranking reaches deeper than without; the other values are found without it.
        for filters in [(request.filter,)] + [(request.filter, chosen)] * chosen.of_documents:
            among = allowed(filters, request.phrases, matching, finder.with_phrase)
            ranked += without(self.rank(query, among=among), request.excluded, self._catalog)
        return self._facets.of_passages(matching_numbers(ranked, request.filter.lang), chosen)

    def understand(self, question: str, without_terms: Collection[str] = ()) -> Understanding:
        """What a question is taken to mean: its language, the terms searched for, its filters and possible ones.

        Args:
            question: As typed, with filters.
            without_terms: Terms that are switched off.

        Raises:
            QueryError: The question is empty, too long or has no words, or a filter can't be understood.
        """
        request = parse(question)
        query, frequencies = self.analyze(request.text), self._fresh().lexical.frequencies
        return understand(question, request, query, frequencies, without_terms)

    def refusal(
        self,
        question: str,
        hits: Sequence[Hit],
        lang: Lang | None = None,
        *,
        where: Filter | None = None,
        without_terms: Collection[str] = (),
    ) -> Refusal | None:
        """What to tell of a question that has no relevant hit; None if it has one.

        Args:
            question: As typed.
            hits: What :meth:`search` gave for it.
            lang: As it was searched with, like ``where`` and ``without_terms``.
            where: Filters on top of those typed.
            without_terms: Terms that were switched off.
        """
        if any(hit.relevance >= RELEVANT for hit in hits):
            return None
        request = parse(question)
        filtered = bool(lang or request.parts or (where and where != Filter()))
        others = (
            self._search(Request(request.text), _NEAREST, None, Filter(), without_terms=without_terms)
            if filtered
            else []
        )
        topics = Counter[str]()
        for doc_id in dict.fromkeys(hit.doc_id for hit in hits[:_NEAREST]):
            topics.update({f.value: f.confidence for f in self._catalog.facts(doc_id) if f.name == "topic"})
        return Refusal(
            tuple(name for name, _ in topics.most_common(_NEAREST_TOPICS)),
            filtered,
            any(hit.relevance >= RELEVANT for hit in others),
        )

    def highlight(
        self, question: str | Query, hit: Hit, *, without_terms: Collection[str] = ()
    ) -> Highlights:
        """The sentence of a hit that best answers a question, and the words that carry the match.

        Args:
            question: As typed, or already analysed.
            hit: From :meth:`search`; the offsets are in its text.
            without_terms: As for :meth:`search`.

        Raises:
            QueryError: The question can't be used.
        """
        query = question if isinstance(question, Query) else self.analyze(parse(question).text)
        return self._highlighter.highlight(query.without(without_terms), hit)

    def analyze(self, query: str) -> Query:
        """What a question is taken to ask: its language, its words, and their translations.

        Raises:
            QueryError: The question is empty, too long or has no words.
        """
        return analyze(query, self._lexicon)

    def rank(
        self,
        query: Query,
        depth: int = _DEPTH,
        langs: Sequence[Lang] = LANGS,
        among: NDArray[np.int64] | None = None,
    ) -> Sequence[ranking.Ranked]:
        """All candidates for an analysed question, best first.

        Args:
            query: From :meth:`analyze`.
            depth: Candidates of each leg in each language.
            langs: The languages of the passages.
            among: Only these passage numbers; ascending.
        """
        return self._fresh().rank(query, depth, langs, among)

    def candidates(
        self,
        query: Query,
        depth: int = _DEPTH,
        langs: Sequence[Lang] = LANGS,
        among: NDArray[np.int64] | None = None,
    ) -> list[ranking.Candidates]:
        """The candidates of each language before the languages are compared; see :meth:`rank`."""
        return self._fresh().candidates(query, depth, langs, among)

    def similar(
        self, number: int, lang: Lang, other: Lang, numbers: NDArray[np.int64]
    ) -> NDArray[np.float32]:
        """Cosines of passages with one passage; see :meth:`DenseIndex.similar`."""
        return self._fresh().dense.similar(number, lang, other, numbers)

    def embed(
        self, texts: Sequence[str], kind: Literal["passage", "query"] = "passage"
    ) -> NDArray[np.float32]:
        """Raw embeddings of any texts, shape ``(n, dim)``, float32, unit L2 norm.

        Vectors of different languages lie apart in a multilingual model; the engine centres them by language before
        it compares them, these are as the model gives them.
        """
        embed = self._embedder.embed_passages if kind == "passage" else self._embedder.embed_queries
        return embed(list(texts))

    # What is indexed

    def stats(self) -> Stats:
        """Counts of documents and passages, and when the index was last brought up to date."""
        return self._catalog.stats()

    def facts(self) -> IndexFacts:
        """What the index was made with and its state, for receipts."""
        return index_facts(self._catalog)

    def verify(self, receipt: Mapping[str, Any]) -> list[Verdict]:
        """Whether the passages of a receipt still stand in the index; see :func:`indexer.search.receipt.verify`."""
        return verify(receipt, self._catalog)

    def health(self, lang: Lang = "en") -> Health:
        """What the index holds and what it lacks."""
        from indexer.search.health import health  # needs half of what ingestion does

        return health(self._catalog, lang)

    @property
    def model(self) -> str:
        """Fingerprint of the embedding model."""
        return self._embedder.fingerprint

    def document(self, doc_id: str) -> Document:
        """A document with its whole text.

        Raises:
            SearchIndexError: It is not (or no longer) in the index.
        """
        document = self._catalog.document(doc_id)
        if document is None:
            raise SearchIndexError(
                "That bulletin is no longer in the index; it was changed or removed. Search again.",
                "该公报已不在索引中（已变更或移除），请重新检索。",
            )
        return document

    def source(self, hit: Hit) -> Path:
        """Where the file of a hit lies on this machine: the archive, for what is in one."""
        return source_path(hit.path, self._catalog.folder)

    def read_source(self, hit: Hit) -> bytes:
        """The bytes of a hit's file, also of one in an archive.

        Raises:
            DocumentError: It is no longer in its archive, or that is damaged.
            OSError: The file is gone, or can't be opened.
        """
        return read_source(hit.path, self._catalog.folder)

    def passages(self) -> list[StoredPassage]:
        """All passages, in the order of indexing (for notebooks; large indexes take memory)."""
        numbers = [row[0] for row in self._catalog.iter_passages()]
        found = self._catalog.passages(numbers)
        return [found[n] for n in numbers if n in found]

    # Saved searches

    def saved(self) -> list[Saved]:
        """The saved searches by name."""
        return self._saved.all()

    def save(self, name: str, query: Mapping[str, Sequence[str]]) -> None:
        """Save a search, in place of the one of that name if there is one.

        Args:
            name: 1 to 100 characters.
            query: The parameters of the page's address.

        Raises:
            QueryError: The name can't be used, or there are too many saved searches.
            SearchIndexError: The index can't be written.
        """
        self._saved.save(name, query, moment())

    def forget_saved(self, name: str) -> None:
        """Forget a saved search, if there is one of that name.

        Raises:
            SearchIndexError: The index can't be written.
        """
        self._saved.forget(name)

    def mark_seen(self, name: str, at: str | None = None) -> None:
        """Note when the hits of a saved search were looked at.

        Args:
            name: Of the saved search.
            at: The moment (UTC, ISO 8601) before what was looked at was searched for; now where not given.

        Raises:
            SearchIndexError: The index can't be written.
        """
        self._saved.mark_seen(name, at or moment())

    def _fresh(self) -> Finder:
        """A finder with the followers in step with the catalog."""
        finder, catalog = self._finder, self._catalog
        generation, seq = catalog.generation, catalog.seq()
        if (
            finder
            and (generation, seq) == (finder.generation, finder.dense.seq)
            and (finder.lexical_seq == seq or self._is_being_followed(finder))
        ):
            return finder
        with self._refreshing:
            finder = self._finder
            if finder is None or finder.generation != generation:
                found = catalog.meta("model")
                if found is not None and found != self._embedder.fingerprint:
                    raise model_mismatch(catalog.folder, found, self._embedder.fingerprint)
                prior = language_means(self._embedder.fingerprint)
                dense = DenseIndex.open(catalog, self._embedder.dim, prior)
                lexical = LexicalIndex(catalog.folder)
            else:
                dense, lexical = finder.dense.catch_up(catalog), finder.lexical
                if not lexical.is_current():
                    lexical = LexicalIndex(catalog.folder)
            if lexical.seq != dense.seq:
                self._follows_again = time.monotonic() + _FOLLOW_AGAIN
                if try_follow(catalog):
                    lexical = LexicalIndex(catalog.folder)
            if finder and (dense, lexical) == (finder.dense, finder.lexical):
                return finder  # for every question from the first new bulletin to the end of a reindex
            self._finder = Finder(
                catalog, dense, lexical, self._encoder, self._codec, self._helpers, generation
            )
            return self._finder

    def _is_being_followed(self, finder: Finder) -> bool:
        """Whether to leave the lexical index behind: a reindex that is under way brings it in step at its end.

        One that was cut off did not, so now and then that is tried here.
        """
        return finder.lexical.is_current() and time.monotonic() < self._follows_again


def _is_bundled(embedder: Embedder) -> bool:
    from indexer.embedding.bundled import BundledEmbedder

    return isinstance(embedder, BundledEmbedder)


def _hit(
    rank: int, ranked: ranking.Ranked, stored: StoredPassage, reprints: Sequence[StoredPassage] = ()
) -> Hit:
    p = stored.passage
    return Hit(
        rank=rank, score=ranked.score, scores=ranked.scores,
        relevance=ranked.relevance,
        passage_id=p.passage_id, doc_id=p.doc_id, lang=p.lang, text=p.text, start=p.start, end=p.end,
        page=p.page, page_end=p.page_end, line=p.line, line_end=p.line_end,
        title=stored.title or Path(stored.path).stem, published=stored.published, publisher=stored.publisher,
        url=stored.url, path=stored.path, format=stored.format,
        paths=stored.paths, reprints=tuple(map(as_reprint, reprints)),
    )  # fmt: skip
