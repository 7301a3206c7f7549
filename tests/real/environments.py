"""Makes the virtual environment of each server: `python environments.py FOLDER`."""

from __future__ import annotations

import os
import subprocess
import sys
import venv
from pathlib import Path

VARIABLE = "REAL_SERVERS"
"""Names the folder in which the environments are."""
PACKAGES = {
    "litellm": ("litellm[proxy]==1.106.2", "prisma==0.15.0"),
    "llama-cpp-python": ("llama-cpp-python[server]==0.3.36", "gguf==0.19.0"),
    "xllamacpp": ("xllamacpp==2026.10.11549", "gguf==0.19.0"),
}
"""What is installed for each server; apart from each other and from the suite, for their requirements clash."""


def python(server: str) -> Path:
    """Return the interpreter of a server's environment."""
    folder = "Scripts" if os.name == "nt" else "bin"
    return Path(os.environ.get(VARIABLE, "")).absolute() / server / folder / "python"


def complete() -> bool:
    """Tell whether every server has its environment."""
    return VARIABLE in os.environ and all(python(server).exists() for server in PACKAGES)


def make(folder: Path) -> None:
    """Make the environments that are not there yet; llama-cpp-python is compiled, which takes minutes."""
    os.environ[VARIABLE] = str(folder)
    for server, packages in PACKAGES.items():
        if not python(server).exists():
            venv.create(folder / server, with_pip=True)
        subprocess.run([python(server), "-m", "pip", "install", "--quiet", *packages], check=True)


if __name__ == "__main__":
    make(Path(sys.argv[1]))
