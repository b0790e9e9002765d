"""The program: where it is."""

from __future__ import annotations

import os
import sys

#: Names the program in place of the one that was installed with this module.
VARIABLE = "NGRAMCOUNT_BIN"


def find_program() -> str:
    """The path of the program.

    It is, in this order: what the environment variable ``NGRAMCOUNT_BIN`` names; the program in the folder of scripts that
    pip put beside this module, for a virtual environment, a user's folder, or ``--target``; the first one in ``PATH``.

    Raises ``FileNotFoundError`` if there is none.
    """
    named = os.environ.get(VARIABLE)
    if named:
        if not _is_program(named):
            raise FileNotFoundError(f"{VARIABLE}={named}: there is no program")
        return named
    for folder in _script_folders():
        program = os.path.join(folder, "ngramcount")
        if _is_program(program):
            return program
    import shutil

    in_path = shutil.which("ngramcount")
    if in_path is None:
        raise FileNotFoundError(
            f"the program ngramcount is neither beside this module nor in PATH; name it with {VARIABLE}"
        )
    return in_path


def _script_folders():
    """Where pip puts programs, the likeliest place first."""
    package = os.path.dirname(os.path.abspath(__file__))
    packages = os.path.dirname(package)
    # Of `pip install --target FOLDER`, the programs are in FOLDER/bin.
    yield os.path.join(packages, "bin")
    # Of an environment or a prefix: PREFIX/lib/python3.x/site-packages and PREFIX/bin.
    above = packages
    for _ in range(3):
        above = os.path.dirname(above)
    yield os.path.join(above, "bin")
    yield os.path.join(sys.prefix, "bin")
    import sysconfig

    yield sysconfig.get_path("scripts")
    user_scheme = "posix_user" if sys.version_info < (3, 10) else sysconfig.get_preferred_scheme("user")
    yield sysconfig.get_path("scripts", scheme=user_scheme)


def _is_program(path: str) -> bool:
    return os.path.isfile(path) and os.access(path, os.X_OK)
