"""The wheel: what is in it, and where the program is found."""

import os
import shutil
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

import pytest
from conftest import POEM, ROOT

import ngramcount as ng

MODULE = Path(ng.__file__).parent


@pytest.fixture
def wheel():
    """The file that is tested, if it is known."""
    name = os.environ.get("NGRAMCOUNT_TEST_WHEEL")
    if name is None:
        pytest.skip("NGRAMCOUNT_TEST_WHEEL names no wheel")
    return name


def test_what_is_tested_is_installed():
    assert ROOT not in MODULE.parents or "site-packages" in MODULE.parts


def test_the_wheel_has_the_program_and_a_typed_module_and_needs_nothing(wheel):
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
        metadata = archive.read(next(name for name in names if name.endswith("METADATA"))).decode()
    assert "ngramcount/py.typed" in names and "ngramcount/__init__.py" in names
    assert any(name.endswith(".data/scripts/ngramcount") for name in names)
    assert not any(name.endswith((".so", ".pyd")) or "tests" in name for name in names)
    required = [line for line in metadata.splitlines() if line.startswith("Requires-Dist:")]
    assert all("extra ==" in line for line in required)
    assert "Requires-Python: >=3.9" in metadata


def find(python, env=None, code="print(ng.find_program())"):
    """What a Python prints with the module, without the variables of this one."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("NGRAMCOUNT", "PYTHON"))}
    run = subprocess.run(
        [python, "-c", f"import ngramcount as ng; {code}"],
        env={**kept, **(env or {})}, cwd="/", stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    return run.stdout.strip() or run.stderr.strip().splitlines()[-1]


def test_the_program_is_beside_this_python():
    assert find(sys.executable) == os.path.join(sysconfig.get_path("scripts"), "ngramcount")


@pytest.mark.parametrize("layout", ["target", "user", "prefix"])
def test_the_program_is_found_wherever_pip_puts_it(layout, wheel, tmp_path):
    folder = {"target": ["--target", tmp_path], "user": ["--user"], "prefix": ["--prefix", tmp_path]}[layout]
    env = {"PYTHONUSERBASE": str(tmp_path), "PATH": "/usr/bin:/bin"}
    # A virtual environment has no user's folder.
    python = os.path.join(sys.base_prefix, "bin", "python3")
    pip = [sys.executable, "-m", "pip", "--python", python] if layout == "user" else [sys.executable, "-m", "pip"]
    command = [*pip, "install", "--quiet", "--no-index", "--no-deps", "--ignore-installed", *folder, wheel]
    done = subprocess.run([*command], env={**os.environ, **env}, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if layout == "user" and done.returncode != 0 and "externally-managed" in done.stdout:
        pytest.skip("this system's Python takes no packages")
    assert done.returncode == 0, done.stdout
    module = next(tmp_path.rglob("ngramcount/__init__.py"))
    env["PYTHONPATH"] = str(module.parent.parent)
    assert find(python, env) == str(tmp_path / "bin" / "ngramcount")
    assert find(python, env, f"print(len(ng.count({str(POEM)!r})))") == str(len(ng.count(POEM)))


def test_the_path_comes_last_and_the_variable_first(tmp_path):
    # The module alone, as a distribution of a system may have it.
    module = tmp_path / "only" / "the" / "deep" / "module"
    shutil.copytree(MODULE, module / "ngramcount")
    folder = tmp_path / "programs"
    folder.mkdir()
    program = folder / "ngramcount"
    program.symlink_to(ng.find_program())
    base = os.path.join(sys.base_prefix, "bin", "python3")
    assert find(base, {"PYTHONPATH": str(module), "PATH": f"{folder}:/usr/bin:/bin"}) == str(program)
    assert "neither beside this module nor in PATH" in find(base, {"PYTHONPATH": str(module), "PATH": "/usr/bin:/bin"})
    assert find(sys.executable, {"NGRAMCOUNT_BIN": str(program)}) == str(program)
