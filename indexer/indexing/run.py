"""Brings an index in step with folders: walk, compare, read, chunk, embed, store, let followers follow.

Whatever happens in between, each bulletin is in the catalog whole or not at all, and the next run goes on
where this one stopped.
"""

from __future__ import annotations

import os
import re
import shutil
import sqlite3
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from indexer.config import Settings, load_settings
from indexer.embedding import Embedder, load_embedder
from indexer.errors import ConfigError, ModelMismatchError, SearchIndexError
from indexer.indexing.files import Plan, absolute, compare, must_exist
from indexer.indexing.followers import beside, follow, write_lock
from indexer.indexing.models import (
    adopt_model,
    check_model_name,
    check_options,
    check_versions,
    model_mismatch,
)
from indexer.indexing.passages import ingest, replace_passages
from indexer.indexing.reading import Reader
from indexer.indexing.repeated import settle_repeated
from indexer.indexing.report import Note, Progress, Step, Summary
from indexer.indexing.reprints import group_reprints
from indexer.language.tokens import use_compact_dictionary
from indexer.store.catalog import FILE_NAME, Catalog, FileRecord, now
from indexer.store.saved import SavedSearches


def reindex(
    paths: Sequence[str | Path] | None = None,
    index: str | Path | None = None,
    *,
    rebuild: bool = False,
    dry_run: bool = False,
    settings: Settings | None = None,
    embedder: Embedder | None = None,
    progress: Progress | None = None,
) -> Summary:
    """Bring the index in step with the bulletins under some paths.

    New and changed files are indexed, those gone from under the paths are dropped, renamed ones are noticed,
    the rest is left alone. Files outside the paths keep their place in the index.

    Args:
        paths: Folders or files; the corpus folder of the settings by default.
        index: The index folder; that of the settings by default. Made if it is not there.
        rebuild: Make the index anew from these paths alone, and put it in place of the old one when it is
            whole.
        dry_run: Only say what would be done.
        settings: Where not given, those of the environment.
        embedder: Where not given, the one that the settings name; loaded only if something must be embedded.
        progress: Told of each step.

    Raises:
        ConfigError: A path is not there; or the folder that is to be made anew holds other files.
        IndexBusyError: Another process is writing to the index.
        IndexVersionError: Another version made the index, or other settings; rebuild it.
        ModelMismatchError: Another model made the index; rebuild it.
        ModelError: The model can't be prepared or loaded.
        SearchIndexError: The index can't be written.
    """
    started = time.monotonic()
    settings = settings or load_settings()
    use_compact_dictionary(settings.cache)
    folder = Path(index) if index is not None else settings.index
    folder = folder if folder.name else absolute(folder)  # "." can't be renamed
    roots = [Path(p) for p in paths] if paths else [settings.corpus]
    say = progress or (lambda _step: None)
    if dry_run:
        return _dry_run(roots, folder, settings, rebuild, started, say)
    try:
        with write_lock(folder):
            if rebuild:
                return _rebuild(roots, folder, settings, embedder, say, started)
            if not (folder / FILE_NAME).is_file():
                for root in roots:  # a slip of the pen makes no index
                    must_exist(root)
            with Catalog(folder, create=True) as catalog:
                return _run(catalog, roots, folder, settings, embedder, say, started)
    except sqlite3.OperationalError as error:
        raise SearchIndexError(
            f"The index in {folder} can't be written: {error}. What was stored so far is kept. "
            "Free some disk if it is full, then run reindex again; it goes on where it stopped.",
            f"无法写入 {folder} 中的索引：{error}。已存入的内容保留。若磁盘已满请腾出空间，再次运行 reindex 会从中断处继续。",
        ) from error
    except sqlite3.DatabaseError as error:
        raise SearchIndexError(
            f"The index in {folder} is damaged ({error}). "
            f"Make it anew from the bulletins: reindex FOLDER_OF_BULLETINS --index {folder} --rebuild",
            f"{folder} 中的索引已损坏（{error}）。请由公报重建：reindex 公报文件夹 --index {folder} --rebuild",
        ) from error
    except OSError as error:
        raise SearchIndexError(
            f"{error.filename or folder}: {error.strerror or error}. What was stored so far is kept. "
            "Mend that and run reindex again; it goes on where it stopped.",
            f"{error.filename or folder}：{error.strerror or error}。已存入的内容保留。排除问题后再次运行 reindex 会从中断处继续。",
        ) from error


def _dry_run(
    roots: list[Path], folder: Path, settings: Settings, rebuild: bool, started: float, say: Progress
) -> Summary:
    if rebuild:
        _check_replaceable(folder.resolve())
    known: dict[str, FileRecord] = {}
    passages = 0
    if not rebuild and (folder / FILE_NAME).is_file():
        with Catalog(folder) as catalog:
            check_versions(catalog, folder)
            check_options(catalog, settings, folder, note=False)
            known, passages = catalog.files(), catalog.stats().passages
    plan = compare(roots, folder, known)
    for path, _ in plan.fresh:
        say(Step(f"would index {path}"))
    for record in plan.records:
        before = known.get(record.path)
        if record.path not in plan.renamed.values() and (before is None or before.digest != record.digest):
            say(Step(f"would note {record.path}, a copy"))
    for old, new in plan.renamed.items():
        say(Step(f"would rename {old} to {new}"))
    for name in plan.gone:
        say(Step(f"would drop {name}"))
    return _summary(plan, passages, 0, started, dry_run=True)


def _rebuild(
    roots: list[Path],
    folder: Path,
    settings: Settings,
    embedder: Embedder | None,
    say: Progress,
    started: float,
) -> Summary:
    """Build beside the old index and swap. A rebuild that was cut off goes on in the same place."""
    for root in roots:
        must_exist(root)
    place = folder.resolve()  # of a link what it leads to, so that the link stays
    _check_replaceable(place)
    building = beside(folder, "rebuilding")
    try:
        catalog = _unfinished(building, settings)
    except SearchIndexError:
        shutil.rmtree(building)
        catalog = _unfinished(building, settings)
    with catalog:
        try:
            summary = _run(catalog, roots, folder, settings, embedder, say, started, keep_outside=False)
        except ModelMismatchError:
            catalog.close()
            shutil.rmtree(building)
            return _rebuild(roots, folder, settings, embedder, say, started)
        if (folder / FILE_NAME).is_file():
            try:
                SavedSearches(catalog).carry_over(folder / FILE_NAME)
            except sqlite3.Error as error:
                note = f"its saved searches can't be read ({error}) and are lost. Save them again."
                summary = replace(summary, notes=(*summary.notes, Note(str(folder / FILE_NAME), note)))
    old = beside(folder, "old")
    shutil.rmtree(old, ignore_errors=True)
    if place.exists():
        place.rename(old)
    building.rename(place)
    shutil.rmtree(old, ignore_errors=True)
    return summary


def _unfinished(building: Path, settings: Settings) -> Catalog:
    """The catalog of a rebuild, new or where one was cut off.

    Raises:
        SearchIndexError: That was by another version or with other settings.
    """
    catalog = Catalog(building, create=True)
    try:
        check_versions(catalog, building)
        check_options(catalog, settings, building, late=True)
    except SearchIndexError:
        catalog.close()
        raise
    return catalog


_OURS = re.compile(rf"{re.escape(FILE_NAME)}.*|\.?(dense|lexical)\b.*")
_NOBODYS = frozenset({".DS_Store", "Thumbs.db", "desktop.ini"})  # of file managers


def _check_replaceable(place: Path) -> None:
    """Refuse to replace a folder that can't be, or that holds more than an index.

    Raises:
        ConfigError: It is so.
    """
    if os.path.ismount(place):
        raise ConfigError(
            f"{place} is where a disk is mounted, and can't be replaced by a new index. Name a folder in it: "
            f"--index {place / 'index'}",
            f"{place} 是磁盘挂载点，无法替换为新索引。请指定其中的文件夹：--index {place / 'index'}",
        )
    try:
        names = sorted(path.name for path in place.iterdir())
    except FileNotFoundError:
        return
    others = [name for name in names if not _OURS.fullmatch(name) and name not in _NOBODYS]
    if others:
        some = ", ".join(others[:3]) + (" …" if len(others) > 3 else "")
        raise ConfigError(
            f"The index folder {place} holds other files too ({some}), which a rebuild would delete. Move them away, or "
            "name another folder with --index.",
            f"索引文件夹 {place} 中还有其他文件（{some}），重建会将其删除。请移走这些文件，或用 --index 另指定文件夹。",
        )


def _run(
    catalog: Catalog,
    roots: list[Path],
    folder: Path,
    settings: Settings,
    embedder: Embedder | None,
    say: Progress,
    started: float,
    keep_outside: bool = True,
) -> Summary:
    check_versions(catalog, folder)
    check_options(catalog, settings, folder)
    if embedder is None:
        check_model_name(catalog, settings, folder)
    elif (fingerprint := catalog.meta("model")) is not None and fingerprint != embedder.fingerprint:
        raise model_mismatch(folder, fingerprint, embedder.fingerprint)
    say(Step("looking through the files"))
    plan = compare(roots, folder, catalog.files(), keep_outside=keep_outside)
    catalog.record_files([*plan.records, *plan.failed_records], plan.renamed)
    embedded = 0
    if plan.fresh:
        files = [(path, record.size) for path, record in plan.fresh]
        with Reader(files, settings.threads) as documents:  # which reads while the model is loaded
            if embedder is None:
                embedder = load_embedder(settings, lambda step: say(Step(f"preparing the model: {step}")))
            adopt_model(catalog, settings, embedder, folder)
            embedded = ingest(catalog, plan, documents, embedder, settings.passage_tokens, say)
    # Only now, so that a run that was cut off looks into them again.
    catalog.record_files(plan.archives.values())
    # Last, so that a bulletin that was moved and edited still finds the embeddings of what it kept.
    if plan.gone:
        catalog.forget_files(plan.gone)

    def model() -> Embedder:
        nonlocal embedder
        if embedder is None:
            embedder = load_embedder(settings, lambda step: say(Step(f"preparing the model: {step}")))
            adopt_model(catalog, settings, embedder, folder)
        return embedder

    settled = settle_repeated(catalog, model, settings.passage_tokens, replace_passages, say)
    embedded += settled.embedded
    catalog.prune_embeddings()
    group_reprints(catalog, say)
    say(Step("updating the search indexes"))
    follow(catalog, embedder.dim if embedder is not None else None)
    catalog.set_meta(updated=now())
    return _summary(plan, catalog.stats().passages, embedded, started)


def _summary(plan: Plan, passages: int, embedded: int, started: float, dry_run: bool = False) -> Summary:
    return Summary(
        added=plan.added,
        changed=plan.changed,
        renamed=len(plan.renamed),
        removed=plan.removed,
        unchanged=plan.unchanged,
        failed=len(plan.failures),
        passages=passages,
        embedded=embedded,
        seconds=round(time.monotonic() - started, 3),
        dry_run=dry_run,
        failures=tuple(sorted(plan.failures, key=lambda f: f.path)),
        notes=tuple(sorted(plan.notes, key=lambda n: n.path)),
    )
