"""Builds, installs and generates the inputs of the comparison once, under `target/compare`."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

ROOT = Path(__file__).resolve().parents[2]
# Names of Debian packages. The second line is for building ISA-L.
PACKAGES = ["gzip", "mawk", "grep", "isal"]
PACKAGES_FOR_ISAL = ["build-essential", "nasm", "autoconf", "automake", "libtool"]
MODULES = ["polars", "duckdb", "chdb"]


def say(text):
    print(text, file=sys.stderr, flush=True)


def target():
    metadata = subprocess.run(
        ["cargo", "metadata", "--format-version", "1", "--no-deps"], cwd=ROOT, check=True, capture_output=True
    )
    return Path(json.loads(metadata.stdout)["target_directory"])


def install_packages():
    """Installs packages with apt if the user is root. Otherwise the installed ones are used."""
    tools = [("gzip", "mawk", "grep", "igzip"), ("cc", "make", "nasm", "autoreconf", "libtoolize")]
    if all(shutil.which(tool) for group in tools for tool in group):
        return
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        say("not installed, for want of root or apt: " + " ".join(PACKAGES + PACKAGES_FOR_ISAL))
        return
    say("installing " + " ".join(PACKAGES + PACKAGES_FOR_ISAL))
    quiet = {"stdout": subprocess.DEVNULL, "env": {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}}
    subprocess.run(["apt-get", "update", "-q"], **quiet)
    subprocess.run(["apt-get", "install", "-qy", *PACKAGES, *PACKAGES_FOR_ISAL], **quiet)


def virtual_environment(folder, install):
    """A virtual environment with those of the modules that can be installed."""
    python = folder / "bin" / "python"
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", folder], check=True)
    for module in MODULES if install else []:
        if version(python, module) is None:
            say(f"installing {module}")
            subprocess.run([python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", module])
    return python


def version(python, module):
    code = f"import importlib.metadata as m; print(m.version({module!r}))"
    found = subprocess.run([python, "-c", code], capture_output=True, text=True)
    return found.stdout.strip() if found.returncode == 0 else None


def build(folder, *features):
    """Builds with these features, and copies the program to a place where the next build does not replace it."""
    say("building " + " ".join(["ngramcount", *features]))
    command = ["cargo", "build", "--release", "--locked", *features]
    command += ["--bin", "ngramcount", "--example", "decompress", "--example", "generate"]
    built = subprocess.run(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    if built.returncode != 0:
        say(built.stderr[-2000:])
        return None
    folder.mkdir(parents=True, exist_ok=True)
    for name in ("ngramcount", "examples/decompress", "examples/generate"):
        shutil.copy2(target() / "release" / name, folder)
    return folder


def tools(folder, install):
    if install:
        install_packages()
    python = virtual_environment(folder / "venv", install)
    # The default build comes last, so that it stays in the default place.
    isal = build(folder / "isal", "--features", "isal")
    plain = build(folder / "plain")
    if plain is None:
        sys.exit("ngramcount cannot be built")
    found = SimpleNamespace(
        python=str(python),
        count=str(plain / "ngramcount"),
        decompress=str(plain / "decompress"),
        generate=str(plain / "generate"),
        isal_count=isal and str(isal / "ngramcount"),
        isal_decompress=isal and str(isal / "decompress"),
        **{tool: shutil.which(tool) for tool in ("gzip", "igzip", "mawk")},
        **{module: version(python, module) for module in MODULES},
    )
    for name, value in vars(found).items():
        if value is None:
            say(f"left out: {name}")
    return found


def generated(tools, folder, size, ngrams):
    """The data of this size, and the answer from the generator."""
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / f"{size}-{ngrams}.gz"
    expected = file.with_suffix(".expected.tsv")
    # The answer is written last, so its existence marks complete data.
    if not expected.exists():
        say(f"generating {file}")
        command = [tools.generate, file, "--bytes", size, "--ngrams", str(ngrams), "--expected", expected]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return file, expected
