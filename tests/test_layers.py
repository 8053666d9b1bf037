"""Imports point one way; stages don't import each other."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parent.parent / "indexer"

# From the bottom to the top. A room may import from the rooms above it in this list, never from its own line
# or below.
LAYERS = [
    {"types", "errors"},
    {"config", "language", "processes", "runtime"},
    {"ingest", "embedding", "store"},
    {"indexing"},
    {"search"},
    {"evaluation"},
    {"cli"},
    {"page"},
]
LEVEL = {room: level for level, rooms in enumerate(LAYERS) for room in rooms}
MODULES = sorted(p.relative_to(PACKAGE).with_suffix("") for p in PACKAGE.rglob("*.py"))


def imports(path: Path) -> set[tuple[str, int]]:
    """(room, line) of everything of ours that a module imports, also inside functions."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        names = []
        if isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}:{node.lineno}: relative import"
            module = node.module or ""
            names = [f"{module}.{a.name}" for a in node.names] if module == "indexer" else [module]
        elif isinstance(node, ast.Import):
            names = [a.name for a in node.names]
        found |= {(n.split(".")[1], node.lineno) for n in names if n.startswith("indexer.")}
    return found


def test_every_module_has_a_layer() -> None:
    assert {m.parts[0] for m in MODULES} - {"__init__"} == set(LEVEL)


@pytest.mark.parametrize("module", [m for m in MODULES if str(m) != "__init__"], ids=str)
def test_imports_point_down(module: Path) -> None:
    room = module.parts[0]
    for other, line in imports(PACKAGE / module.with_suffix(".py")):
        if other != room:
            assert LEVEL[other] < LEVEL[room], f"{module}:{line}: {room} imports {other}"


def test_types_and_errors_import_nothing_of_ours() -> None:
    assert not imports(PACKAGE / "types.py") and not imports(PACKAGE / "errors.py")


def test_only_the_command_line_prints() -> None:
    for module in MODULES:
        if module.parts[0] != "cli":
            tree = ast.parse((PACKAGE / module.with_suffix(".py")).read_text("utf-8"))
            calls = {
                n.func.id for n in ast.walk(tree) if isinstance(n, ast.Call) and isinstance(n.func, ast.Name)
            }
            assert "print" not in calls, f"{module} prints"
