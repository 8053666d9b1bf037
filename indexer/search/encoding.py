"""A question's vectors."""

from __future__ import annotations

import functools
import threading
from collections import OrderedDict
from typing import TYPE_CHECKING

from indexer.embedding.late import TokenCodec
from indexer.search.query import Query
from indexer.types import Embedder, Encoded, Lang, TokenEmbedder

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

# The hits of a question are marked one by one, and its filters and terms tried out: it is embedded once.
_REMEMBERED = 64


class QueryEncoder:
    """Embeds questions, and remembers the last ones. Any number of threads may use it at once."""

    def __init__(self, embedder: Embedder, codec: TokenCodec | None) -> None:
        """Embed with a model; with a codec there are token vectors for late interaction."""
        self._embedder = embedder
        self._codec = codec
        self._encoded: OrderedDict[str, Encoded] = OrderedDict()
        self._lock = threading.Lock()
        self._ready = functools.lru_cache(maxsize=_REMEMBERED)(self._for_ranking)

    def remembers(self, text: str) -> bool:
        """Whether a question was embedded not long ago."""
        return text in self._encoded

    def encode(self, text: str) -> Encoded:
        """A question's vector, and its token vectors where there is a codec for them."""
        with self._lock:
            if text in self._encoded:
                self._encoded.move_to_end(text)
                return self._encoded[text]
        encoded = self._embed(text)
        with self._lock:
            self._encoded[text] = encoded
            if len(self._encoded) > _REMEMBERED:
                self._encoded.popitem(last=False)
        return encoded

    def vectors(self, query: Query) -> tuple[NDArray[np.float32], NDArray[np.float32] | None]:
        """A question's vector, shape ``(dim,)``, and its token vectors from the codec, if there is one."""
        return self._ready(query.text, query.lang)

    def _embed(self, text: str) -> Encoded:
        if self._codec is None or not isinstance(self._embedder, TokenEmbedder):
            return Encoded(self._embedder.embed_queries([text]))
        return self._embedder.encode([text], "query", tokens=True)

    def _for_ranking(self, text: str, lang: Lang) -> tuple[NDArray[np.float32], NDArray[np.float32] | None]:
        encoded = self.encode(text)
        if self._codec is None or not encoded.tokens:
            return encoded.pooled[0], None
        weights = encoded.weights[0] if encoded.weights else None
        return encoded.pooled[0], self._codec.query(encoded.tokens[0], lang, weights)
