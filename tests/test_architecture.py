"""The shape of the product: imports go one way, modules stay small, start-up stays light."""

from __future__ import annotations

import ast
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

import conformance

ROOT = Path(conformance.__file__).parent
MODULES = sorted(ROOT.rglob("*.py"))

MAY_IMPORT = {
    "exchange": set(),
    "contract": set(),
    "report": {"contract", "scored", "waivers"},
    "scored": set(),
    "scoring": {"contract", "exchange", "judges", "report", "scored"},
    "claims": {"contract", "run", "usage"},
    "waivers": set(),
    "waiverfile": {"contract", "exchange", "usage", "waivers"},
    "waiving": {"contract", "report", "waivers"},
    "waiverdraft": {"exchange", "report", "waiverfile"},
    "repetition": {"report"},
    "locating": {"contract", "exchange", "judges", "report"},
    "storedreport": {"contract", "exchange", "report", "usage"},
    "comparison": {"contract", "report", "storedreport", "usage"},
    "probes": {"contract", "exchange"},
    "generation": {"contract", "exchange", "probes"},
    "transport": {"contract", "exchange", "probes", "report"},
    "judges": {"contract", "exchange", "report"},
    "reporters": {"comparison", "contract", "exchange", "report", "scored", "storedreport", "waivers"},
    "reference": {"contract", "exchange"},
    "recordings": {"contract", "exchange", "usage"},
    "usage": {"contract", "generation"},
    "sharding": {"report", "usage"},
    "configuration": {"contract", "usage"},
    "merging": {"contract", "report", "scored", "scoring", "storedreport", "usage"},
    "certification": {
        "contract",
        "exchange",
        "generation",
        "judges",
        "probes",
        "recorded",
        "report",
        "run",
        "scoring",
        "storedreport",
        "usage",
    },
    "kept": {"contract", "exchange", "judges", "probes", "report", "usage"},
    "failing": {"contract", "exchange", "generation", "judges", "probes", "report", "transport"},
    "drawn": {"failing", "generation", "report", "transport"},
    "drift": {"contract", "exchange", "judges", "probes", "report"},
    "bugreport": {"contract", "exchange", "judges", "pastrun", "report"},
    "bisecting": {"contract", "exchange", "judges", "replaying", "report"},
    "pastrecording": {"contract", "exchange", "pastrun", "recorded", "recordings", "run", "usage"},
    "recorded": {"contract", "exchange", "judges", "locating", "report", "scoring"},
    "run": {
        "contract",
        "drawn",
        "exchange",
        "failing",
        "generation",
        "judges",
        "kept",
        "locating",
        "probes",
        "repetition",
        "scoring",
        "report",
        "sharding",
        "transport",
        "waivers",
        "waiving",
    },
    "settings": {"contract", "exchange", "generation", "probes", "reference", "run", "transport", "usage"},
}
"""Which rooms a room may import from, beside itself; the command and the suite may import from all."""

ONLY_IN = {
    "httpx": {"transport/client.py"},
    "yaml": {"contract"},
    "tomllib": {"configuration.py", "contract", "suite/test_recordings.py", "waiverfile.py"},
    "rich": {"commands", "reporters"},
    "jinja2": {"reporters/templating.py"},
    "markupsafe": {"reporters/templating.py"},
    "hypothesis": {"generation"},
    "schemathesis": {"generation"},
    "starlette": {"reference"},
    "uvicorn": {"reference"},
    "socket": {"reference", "transport"},
    "click": {"cli.py", "commandline", "commands"},
    "pytest": {"suite"},
}
"""Where each library may be imported."""


def room(path: Path) -> str:
    """Return the room that a module belongs to."""
    return path.relative_to(ROOT).parts[0].removesuffix(".py")


@cache
def imports(path: Path) -> frozenset[str]:
    """Return the names of all modules that a module imports, wherever in it."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path} imports relatively"
            found.update({node.module or ""} | {f"{node.module}.{alias.name}" for alias in node.names})
    return frozenset(found)


def rooms_imported(path: Path) -> set[str]:
    """Return the rooms that a module imports from, its own apart."""
    names = {name.split(".")[1] for name in imports(path) if name.startswith("conformance.")}
    return {name for name in names if (ROOT / name).is_dir() or (ROOT / f"{name}.py").is_file()} - {room(path)}


def shown(path: Path) -> str:
    return str(path.relative_to(ROOT))


def test_imports_go_one_way():
    """A room imports only from the rooms below it."""
    wrong = {
        shown(path): sorted(more)
        for path in MODULES
        if room(path) in MAY_IMPORT and (more := rooms_imported(path) - MAY_IMPORT[room(path)])
    }
    assert wrong == {}


def test_nothing_imports_the_command_or_the_suite():
    """Only the command starts the suite; the suite does not know the command."""
    assert [shown(p) for p in MODULES if room(p) != "cli" and rooms_imported(p) & {"cli"}] == []
    above = {"cli", "commandline", "commands"}
    assert [shown(p) for p in MODULES if room(p) not in above and rooms_imported(p) & {"suite", "commands"}] == []


@pytest.mark.parametrize("library", ONLY_IN)
def test_library_is_known_in_one_place(library):
    """A library is imported only where it belongs, so that it can be replaced."""
    users = {shown(p) for p in MODULES if any(name.partition(".")[0] == library for name in imports(p))}
    assert {user for user in users if not {user, user.partition("/")[0]} & ONLY_IN[library]} == set()
    assert users


def test_modules_are_small():
    """A module fits a few screens."""
    sizes = {shown(path): len(path.read_text(encoding="utf-8").splitlines()) for path in MODULES}
    assert {name: size for name, size in sizes.items() if size > 300} == {}


def test_rooms_say_what_they_are():
    """Each package and each module begins with one sentence."""
    docstrings = {shown(path): ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) for path in MODULES}
    wrong = {
        name: text
        for name, text in docstrings.items()
        if not text or not text.partition("\n")[0].endswith(".") or (name.endswith("__init__.py") and "\n" in text)
    }
    assert wrong == {}


HEAVY = {"httpx", "hypothesis", "jsonschema", "jsonschema_rs", "pytest", "rich", "schemathesis", "starlette", "uvicorn"}
LOOK = """
import sys
from conformance.cli import main
try:
    main({words})
except SystemExit as ended:
    assert ended.code in (0, None), ended.code
print(*sys.modules)
"""


@pytest.mark.parametrize(
    ("words", "allowed"),
    [(["--help"], set()), (["run", "--help"], {"jsonschema_rs"}), (["list", "apis"], {"jsonschema_rs"})],
)
def test_start_up_is_light(words, allowed):
    """Help and lists import nothing heavy."""
    done = subprocess.run(
        [sys.executable, "-c", LOOK.format(words=words)], capture_output=True, text=True, check=True, timeout=60
    )
    loaded = set(done.stdout.splitlines()[-1].split())
    assert "conformance.cli" in loaded
    assert loaded & HEAVY - allowed == set()
