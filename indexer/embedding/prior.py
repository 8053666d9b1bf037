"""Mean passage vectors of general text, for languages with few or no passages in a corpus.

Measured once with the bundled model on news (see ``benchmarks/fit_statistics.py``); they say where a language lies in
the vector space, not what a corpus speaks of, so a corpus's own means take over as soon as there are a few
passages.
"""

from __future__ import annotations

import functools
from importlib import resources
from typing import TYPE_CHECKING

import numpy as np

from indexer.types import LANGS, Lang

if TYPE_CHECKING:
    from numpy.typing import NDArray

_FAMILY = "e5-small-"


@functools.cache
def language_means(fingerprint: str) -> dict[Lang, NDArray[np.float32]] | None:
    """Mean passage vector by language, shape ``(dim,)`` each; None for models that none were measured for."""
    if not fingerprint.startswith(_FAMILY):
        return None
    with resources.as_file(resources.files(__package__) / "prior.npz") as path, np.load(path) as arrays:
        return {lang: arrays[lang].astype(np.float32) for lang in LANGS}
