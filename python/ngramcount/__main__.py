"""``python -m ngramcount`` is the program."""

import os
import sys

from ._program import find_program

if __name__ == "__main__":
    program = find_program()
    # The program takes the place of Python: the same process, signals and exit code.
    os.execv(program, ["ngramcount", *sys.argv[1:]])
