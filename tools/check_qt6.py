"""Check that every name the plugin takes from Qt exists in PyQt6, by reading the code.

QGIS 4 runs on Qt 6, where enums are scoped only and some names are gone. Run it with a Python
that has PyQt6; nothing of the plugin is imported.
"""

from __future__ import annotations

import ast
import importlib
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
ROOMS = ("sttm_plugin", "processing_algorithms")


def chain_of(node):
    """Return the names of ``a.b.c`` from the left, None where it doesn't begin with a name."""
    names = []
    while isinstance(node, ast.Attribute):
        names.append(node.attr)
        node = node.value
    return [node.id, *reversed(names)] if isinstance(node, ast.Name) else None


def current(tree):
    """Yield the nodes of a module but those of a branch for older versions of QGIS."""
    waiting = [tree]
    while waiting:
        node = waiting.pop()
        yield node
        if isinstance(node, ast.If) and "QGIS_VERSION_INT >=" in ast.unparse(node.test):
            waiting.extend(node.body)
        else:
            waiting.extend(ast.iter_child_nodes(node))


def imported(module, name):
    """Return what ``from qgis.PyQt… import name`` gives on Qt 6, None where it has no such name.

    QGIS keeps QAction and its like where Qt 5 had them.
    """
    for place in (module.replace("qgis.PyQt", "PyQt6"), "PyQt6.QtGui"):
        found = getattr(importlib.import_module(place), name, None)
        if found is not None:
            return found
    try:
        return importlib.import_module(f"PyQt6.{name}")
    except ImportError:
        return None


def faults_of(tree):
    """Yield (line, sentence) for each name of Qt that PyQt6 lacks."""
    known = {}
    nodes = list(current(tree))
    for node in nodes:
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("qgis.PyQt"):
            for name in node.names:
                found = imported(node.module, name.name)
                if found is None:
                    yield node.lineno, f"{node.module}.{name.name} is not in PyQt6"
                known[name.asname or name.name] = found
        elif isinstance(node, (ast.Import, ast.ImportFrom)):
            modules = [getattr(node, "module", None) or "", *(name.name for name in node.names)]
            if any(module.split(".")[0] in ("PyQt5", "PyQt6", "sip") for module in modules):
                yield node.lineno, "Qt is imported by qgis.PyQt, not by its own name"
    for node in nodes:
        if not isinstance(node, ast.Attribute):
            continue
        if node.attr == "exec_":
            yield node.lineno, "exec_() is gone: exec()"
        chain = chain_of(node)
        if not chain or known.get(chain[0]) is None:
            continue
        found = known[chain[0]]
        for attribute in chain[1:]:
            if not isinstance(found, type) and not hasattr(found, "__members__"):
                break
            if not hasattr(found, attribute):
                yield node.lineno, f"{'.'.join(chain)}: «{attribute}» is not in PyQt6"
                break
            found = getattr(found, attribute)


def main() -> int:
    """Print every fault; return 1 where there is one."""
    count = files = 0
    for room in ROOMS:
        for path in sorted((ROOT / room).rglob("*.py")):
            files += 1
            tree = ast.parse(path.read_text(encoding="utf-8"))
            for line, sentence in sorted(set(faults_of(tree))):
                print(f"{path.relative_to(ROOT)}:{line}: {sentence}")
                count += 1
    print(f"Qt 6: {files} files, {count} faults")
    return 1 if count else 0


if __name__ == "__main__":
    sys.exit(main())
