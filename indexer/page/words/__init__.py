"""What the page says, English and Chinese, by the part of the page that says it."""

from __future__ import annotations

from indexer.page.words import asking, builtin, collecting, keeping_up, narrowing, reading, verifying

PARTS = (asking, reading, verifying, narrowing, collecting, keeping_up, builtin)
MESSAGES: dict[str, tuple[str, str]] = {key: words for part in PARTS for key, words in part.WORDS.items()}
"""Each message's English and Chinese by its name."""
