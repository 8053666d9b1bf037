"""Settings: environment variables ``QINGSHAN_*``, then ``qingshan.toml`` in this folder, then defaults."""

from __future__ import annotations

from pathlib import Path

import platformdirs
from pydantic import Field, ValidationError
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from indexer.errors import ConfigError

BUNDLED = "bundled"


class Settings(BaseSettings):
    """What a user can set. Field names are the environment's, less the prefix and in lower case."""

    model_config = SettingsConfigDict(
        env_prefix="QINGSHAN_", toml_file="qingshan.toml", extra="forbid", frozen=True, env_ignore_empty=True
    )

    corpus: Path = Field(Path("corpus"), description="Folder that `reindex` walks when no path is given.")
    index: Path = Field(Path("index"), description="Folder of the index.")
    cache: Path = Field(
        default_factory=lambda: platformdirs.user_cache_path("qingshan"),
        description="Folder of the prepared model and of evaluation indexes.",
    )
    model: str = Field(
        BUNDLED,
        min_length=1,
        description="`bundled`, or the hub id or folder of a sentence-transformers model.",
    )
    passage_tokens: int = Field(
        200, ge=32, le=320, description="Budget of a passage in the model's own tokens."
    )
    late: bool = Field(
        True,
        description="Keep token vectors for late interaction (about 11 KB a passage); an index remembers it.",
    )
    reranker: str | None = Field(
        None,
        description="Hub id or folder of a sentence-transformers cross-encoder that orders the first 30 hits anew.",
    )
    allow_upload: bool = Field(
        False, description="Let the page take new bulletins into `corpus/inbox` and reindex."
    )
    threads: int = Field(
        0,
        ge=0,
        le=1024,
        description="Threads of the bundled model, and processes that read files; 0 chooses.",
    )

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Arguments first, then the environment, then the file."""
        return init_settings, env_settings, TomlConfigSettingsSource(settings_cls)


def load_settings(**overrides: object) -> Settings:
    """Settings of this process; ``None`` among the overrides means "not given".

    Raises:
        ConfigError: A value can't be used; the message names the setting.
    """
    given = {name: value for name, value in overrides.items() if value is not None}
    try:
        return Settings(**given)  # type: ignore[arg-type]
    except ValidationError as error:
        problems = "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors())
        raise ConfigError(
            f"A setting can't be used: {problems}. Correct the environment variable QINGSHAN_… or "
            "qingshan.toml."
        ) from error
    except (OSError, ValueError) as error:
        raise ConfigError(f"qingshan.toml can't be read: {error}. Correct or remove it.") from error
