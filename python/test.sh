#!/usr/bin/env bash
# Builds a wheel, installs it into a new virtual environment, and tests it there: the tests of pytest, the examples in the
# docstrings and in docs/python.md, and the type hints.
#
# PROFILE is that of Cargo. The default is the one of the Rust tests, so that most is compiled already. OFFLINE=1 does
# without packages that only the network has, or without the tests if maturin and pytest are among them.
set -euo pipefail
cd "$(dirname "$0")/.."

target=$(realpath -m "${CARGO_TARGET_DIR:-target}")
tools=$target/python-tools
venv=$target/python-venv

# A machine that is new each time has no use for a cache.
[[ ${CI:-} != true ]] || export PIP_NO_CACHE_DIR=1

# Packages stay for the next time; what is tested is installed afresh.
if [[ ! -x $tools/bin/maturin || ! -x $tools/bin/mypy ]]; then
    if [[ -n ${OFFLINE:-} ]]; then
        echo "── not tested here: the Python package, which needs maturin and pytest from PyPI"
        exit 0
    fi
    python3 -m venv "$tools"
    "$tools/bin/pip" install --quiet --disable-pip-version-check 'maturin>=1.9,<2' mypy
fi
rm -rf "$target/python-wheel" "$venv"
PATH=$tools/bin:$PATH maturin build --profile "${PROFILE:-dev}" --quiet --out "$target/python-wheel"
wheel=$(echo "$target"/python-wheel/*.whl)

python3 -m venv "$venv"
"$venv/bin/pip" install --quiet --disable-pip-version-check --no-deps "$wheel"
"$venv/bin/pip" install --quiet --disable-pip-version-check pytest polars pandas pyarrow duckdb tqdm
unset NGRAMCOUNT_BIN PYTHONPATH
export NGRAMCOUNT_TEST_WHEEL=$wheel
"$venv/bin/python" -m pytest -q -p no:cacheprovider
"$venv/bin/python" -m pytest -q -p no:cacheprovider --doctest-modules --pyargs ngramcount
"$venv/bin/python" -m pytest -q -p no:cacheprovider docs/python.md
"$tools/bin/mypy" --no-error-summary --cache-dir "$target/mypy" python/ngramcount

# An older Python, if there is one. Frames have no packages for it, so this tests the module alone.
for version in 3.9 3.10; do
    if "python$version" -c '' 2> /dev/null; then
        rm -rf "$venv-old"
        "python$version" -m venv "$venv-old"
        "$venv-old/bin/pip" install --quiet --disable-pip-version-check pytest "$wheel"
        "$venv-old/bin/python" -m pytest -q -p no:cacheprovider
        rm -rf "$venv-old"
        break
    fi
done
