"""The Python environment of the scripts: made on first use, from nothing but Python itself.

Inside a virtual environment that has the pinned packages, `ensure` returns at once. Inside one that
lacks some, it installs them there. Outside, it makes `.venv` beside setup.cfg and starts the same script
again in it. Only the standard library may be imported here.
"""

from __future__ import annotations

import configparser
import hashlib
import os
import re
import subprocess
import sys
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
BAR_WIDTH = 30


def ensure(extras: tuple[str, ...] = ()) -> None:
    """Go on only in an environment that has the pinned packages and those of the extras."""
    if sys.version_info < (3, 11):  # noqa: UP036 - whoever starts this may have an older one
        sys.exit(f"QuarkParsec needs Python 3.11 or newer; this is {sys.version.split()[0]}")
    requirements = _requirements(extras)
    if sys.prefix == sys.base_prefix:
        _enter_own_environment(requirements)
    _install_missing(Path(sys.prefix), requirements)
    if str(ROOT) not in sys.path:
        sys.path.insert(0, str(ROOT))


def _enter_own_environment(requirements: list[str]) -> None:
    python = VENV / "bin" / "python"
    if not python.exists():
        print(f"making a virtual environment in {VENV.name}/", flush=True)
        venv.create(VENV, with_pip=True, symlinks=True)
    _install_missing(VENV, requirements)
    os.execv(python, [str(python), *sys.argv])  # noqa: S606 - our own interpreter


def _install_missing(environment: Path, requirements: list[str]) -> None:
    stamp = environment / f"quarkparsec-{_digest(requirements)}.installed"
    if stamp.exists():
        return
    _install(environment / "bin" / "python", requirements)
    stamp.touch()


def _install(python: Path, requirements: list[str]) -> None:
    command = [str(python), "-m", "pip", "install", "--disable-pip-version-check"]
    command += ["--constraint", str(ROOT / "scripts" / "constraints.txt"), *requirements]
    output: list[str] = []
    seen: set[str] = set()
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as pip:
        for line in pip.stdout or ():
            output.append(line)
            seen |= _named(line)
            _draw(len(seen), line)
    if pip.returncode:
        sys.exit("\ninstalling the dependencies failed:\n" + "".join(output[-20:]))
    print(f"\r\033[Kinstalled {len(requirements)} pinned packages and what they need", flush=True)


def _named(line: str) -> set[str]:
    found = re.match(r"(?:Collecting|Requirement already satisfied:) ([\w.-]+)", line)
    return {found[1].lower()} if found else set()


def _draw(count: int, line: str) -> None:
    stage = "installing" if line.startswith("Installing") else "collecting"
    filled = BAR_WIDTH if stage == "installing" else count % (BAR_WIDTH + 1)
    bar = "#" * filled + "-" * (BAR_WIDTH - filled)
    print(f"\r\033[K[{bar}] {stage}, {count} packages", end="", flush=True)


def _requirements(extras: tuple[str, ...]) -> list[str]:
    parser = configparser.ConfigParser(interpolation=None)
    parser.read(ROOT / "setup.cfg")
    blocks = [parser["options"]["install_requires"]]
    blocks += [parser["options.extras_require"][extra] for extra in extras]
    lines = "\n".join(blocks).splitlines()
    bare = (line.split("#")[0].strip() for line in lines)
    return [line for line in bare if line]


def _digest(requirements: list[str]) -> str:
    return hashlib.sha256("\n".join(requirements).encode()).hexdigest()[:12]
