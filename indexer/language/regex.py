"""Regular expressions that are compiled when they are first used.

There are some three hundred here, of which a question or a file needs a few dozen; to compile all of them takes longer
than to answer a question.
"""

from __future__ import annotations

import re
from typing import Any, AnyStr, cast

_USED = ("search", "match", "fullmatch", "finditer", "findall", "split", "sub", "subn", "pattern")


class _Later:
    """Stands for a compiled expression, and does what it does."""

    def __init__(self, *what: Any) -> None:  # noqa: ANN401
        self._what = what

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - only asked for what is not yet here
        compiled = re.compile(*self._what)
        self.__dict__.update({used: getattr(compiled, used) for used in _USED})
        return getattr(compiled, name)


def regex(source: AnyStr, flags: int = 0) -> re.Pattern[AnyStr]:
    """What ``re.compile`` gives, but for two things: a mistake shows at its first use, and no match's ``re`` is it."""
    return cast("re.Pattern[AnyStr]", _Later(source, flags))
