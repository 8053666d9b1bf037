"""Settings: environment variables ``QINGSHAN_*``, then ``qingshan.toml`` in this folder, then defaults."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path

import platformdirs

from indexer.errors import ConfigError

BUNDLED = "bundled"
_PREFIX = "QINGSHAN_"
_FILE = Path("qingshan.toml")


@dataclass(frozen=True)
class Settings:
    """What a user can set. Field names are the environment's, less the prefix and in lower case.

    Attributes:
        corpus: Folder that ``reindex`` walks when no path is given.
        index: Folder of the index.
        cache: Folder of the prepared model and of evaluation indexes.
        model: ``bundled``, or the hub id or folder of a sentence-transformers model.
        passage_tokens: Budget of a passage in the model's own tokens, 32 to 320.
        late: Keep token vectors for late interaction (about 8 KB a passage); an index remembers it.
        reranker: Hub id or folder of a sentence-transformers cross-encoder that orders the first 30 hits anew.
        allow_upload: Let the page take new bulletins into ``corpus/inbox`` and reindex.
        threads: Threads of the bundled model, and processes that read files, 0 to 1,024; 0 chooses.
    """

    corpus: Path = Path("corpus")
    index: Path = Path("index")
    cache: Path = field(default_factory=lambda: platformdirs.user_cache_path("qingshan"))
    model: str = BUNDLED
    passage_tokens: int = 200
    late: bool = True
    reranker: str | None = None
    allow_upload: bool = False
    threads: int = 0


def load_settings(**overrides: object) -> Settings:
    """Settings of this process; ``None`` among the overrides means "not given".

    Raises:
        ConfigError: A value can't be used; the message names the setting.
    """
    given = {name: value for name, value in overrides.items() if value is not None}
    values: dict[str, object] = {}
    problems = []
    for name, value in (_from_file() | _from_environment(os.environ) | given).items():
        try:
            values[name] = _READ.get(name, _unknown)(value)
        except ValueError as error:
            problems.append(f"{name}: {error}")
    if problems:
        said = "; ".join(problems)
        raise ConfigError(
            f"A setting can't be used: {said}. Correct the environment variable QINGSHAN_… or qingshan.toml.",
            f"设置有误：{said}。请更正环境变量 QINGSHAN_… 或 qingshan.toml。",
        )
    return Settings(**values)  # type: ignore[arg-type]


def _from_environment(environment: Mapping[str, str]) -> dict[str, object]:
    names = {_PREFIX + each.name.upper(): each.name for each in fields(Settings)}
    return {names[key.upper()]: value for key, value in environment.items() if value and key.upper() in names}


def _from_file() -> dict[str, object]:
    try:
        text = _FILE.read_text("utf-8")
        import tomllib  # which few need

        return tomllib.loads(text)
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise ConfigError(
            f"qingshan.toml can't be read: {error}. Correct or remove it.",
            f"无法读取 qingshan.toml：{error}。请更正或删除该文件。",
        ) from error


def _unknown(_: object) -> object:
    raise ValueError("there is no such setting")


def _path(value: object) -> Path:
    if isinstance(value, str | Path):
        return Path(value)
    raise ValueError("a path in quotation marks is needed")


def _name(value: object) -> str:
    if isinstance(value, str) and value:
        return value
    raise ValueError("a name in quotation marks is needed")


def _number(least: int, most: int) -> Callable[[object], int]:
    def read(value: object) -> int:
        number = int(value) if isinstance(value, str) and value.strip().isdecimal() else value
        if isinstance(number, int) and not isinstance(number, bool) and least <= number <= most:
            return number
        raise ValueError(f"a whole number from {least} to {most} is needed, not {value!r}")

    return read


_ON, _OFF = ("1", "true", "t", "on", "yes", "y"), ("0", "false", "f", "off", "no", "n")


def _switch(value: object) -> bool:
    word = str(value).lower()
    if word not in _ON + _OFF:
        raise ValueError(f"on or off is needed, not {value!r}")
    return word in _ON


_READ: dict[str, Callable[[object], object]] = {
    "corpus": _path,
    "index": _path,
    "cache": _path,
    "model": _name,
    "passage_tokens": _number(32, 320),
    "late": _switch,
    "reranker": _name,
    "allow_upload": _switch,
    "threads": _number(0, 1024),
}
