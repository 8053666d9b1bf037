"""Which versions and which model an index was made with; another must not touch it."""

from __future__ import annotations

from pathlib import Path

from indexer.config import Settings
from indexer.embedding import Embedder
from indexer.embedding.late import VERSION as LATE_VERSION
from indexer.embedding.late import late_codec
from indexer.errors import IndexVersionError, ModelMismatchError
from indexer.ingest import CHUNKING_VERSION, INGEST_VERSION
from indexer.store.catalog import Catalog


def check_versions(catalog: Catalog, folder: Path) -> None:
    """Note the versions of ingestion and chunking in a new index; refuse an index of others.

    Raises:
        IndexVersionError: The index was made with others, or has token vectors of another kind.
    """
    check_late(catalog, folder)
    mine = {"ingest": INGEST_VERSION, "chunking": CHUNKING_VERSION}
    for key, version in mine.items():
        found = catalog.meta(key)
        if found is None:
            catalog.set_meta(**{key: version})
        elif found != version:
            raise _of_another_version(folder, key, found, version)


def check_options(
    catalog: Catalog, settings: Settings, folder: Path, *, late: bool = False, note: bool = True
) -> None:
    """Note in a new index the settings that its passages are made with; refuse to mix them with others'.

    Args:
        catalog: The index.
        settings: What is set now.
        folder: For the message.
        late: Whether token vectors must be wanted or not as before; otherwise an index goes on as it began.
        note: False to write nothing.

    Raises:
        IndexVersionError: The index was made with others.
    """
    mine = {"passage_tokens": str(settings.passage_tokens)}
    if late:
        mine["late_wanted"] = "on" if settings.late else "off"
    for key, value in mine.items():
        found = catalog.meta(key)
        if found is None and note:
            catalog.set_meta(**{key: value})
        elif found not in (None, value):
            name = _SETTINGS[key]
            raise IndexVersionError(
                f"The index in {folder} was made with {name}={found}, but {value} is set now. Set it back, or make "
                f"the index anew: reindex FOLDER_OF_BULLETINS --index {folder} --rebuild",
                f"{folder} 中的索引以 {name}={found} 建立，而现在设置的是 {value}。请恢复设置，或重建索引："
                f"reindex 公报文件夹 --index {folder} --rebuild",
            )


_SETTINGS = {"passage_tokens": "QINGSHAN_PASSAGE_TOKENS", "late_wanted": "QINGSHAN_LATE"}


def check_late(catalog: Catalog, folder: Path) -> None:
    """Refuse an index whose token vectors this version can't read; one without any is as good as new.

    Raises:
        IndexVersionError: They were made by another version.
    """
    found = catalog.meta("late")
    if found not in (None, "off", LATE_VERSION):
        raise _of_another_version(folder, "token vectors", found, LATE_VERSION)


def _of_another_version(folder: Path, what: str, found: str, mine: str) -> IndexVersionError:
    return IndexVersionError(
        f"The index in {folder} was made by another version of Qingshan ({what} {found}, this one has "
        f"{mine}). Make it anew: reindex FOLDER_OF_BULLETINS --index {folder} --rebuild",
        f"{folder} 中的索引由其他版本的 Qingshan 建立（{what} {found}，本版本为 {mine}）。请重建："
        f"reindex 公报文件夹 --index {folder} --rebuild",
    )


def model_mismatch(folder: Path, found: str, wanted: str) -> ModelMismatchError:
    """The error for an index of another model."""
    return ModelMismatchError(
        f"The index in {folder} was made with the embedding model {found}, but {wanted} is set now. Set "
        "QINGSHAN_MODEL "
        f"back, or make the index anew with this model: reindex FOLDER_OF_BULLETINS --index {folder} "
        "--rebuild",
        f"{folder} 中的索引由嵌入模型 {found} 建立，而现在设置的是 {wanted}。请恢复 QINGSHAN_MODEL 的设置，或用该模型重建索引："
        f"reindex 公报文件夹 --index {folder} --rebuild",
    )


def check_model_name(catalog: Catalog, settings: Settings, folder: Path) -> None:
    """Refuse another model by its name alone, without loading it.

    Raises:
        ModelMismatchError: The index was made with another.
    """
    found = catalog.meta("model_name")
    if found is not None and found != settings.model:
        raise model_mismatch(folder, found, settings.model)


def adopt_model(catalog: Catalog, settings: Settings, embedder: Embedder, folder: Path) -> None:
    """Note the model in a new index; in an old one, refuse any other.

    Raises:
        ModelMismatchError: The index was made with another.
    """
    found = catalog.meta("model")
    if found is None:
        late = LATE_VERSION if settings.late and late_codec(embedder) is not None else "off"
        catalog.set_meta(
            model=embedder.fingerprint, model_name=settings.model, dim=str(embedder.dim), late=late
        )
    elif found != embedder.fingerprint:
        raise model_mismatch(folder, found, embedder.fingerprint)
