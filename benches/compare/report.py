"""The results as Markdown."""

import datetime
import os
import platform
import statistics
import subprocess
from pathlib import Path

from contenders import ALONE, COUNT, IGZIP, ISAL, TABLE, UNPACK, WORD
from prepare import MODULES, ROOT

# Pairs whose ratio shows the time of a count relative to its decoder, or the cost of process isolation.
RATIOS = [
    ((WORD, COUNT), (UNPACK, ALONE)),
    ((TABLE, COUNT), (UNPACK, ALONE)),
    ((WORD, ISAL), (UNPACK, IGZIP)),
    ((TABLE, ISAL), (UNPACK, IGZIP)),
    ((WORD, COUNT), (WORD, f"{COUNT}, threads")),
    ((TABLE, COUNT), (TABLE, f"{COUNT}, threads")),
    ((WORD, COUNT), (WORD, f"{COUNT}, sequential")),
    ((TABLE, COUNT), (TABLE, f"{COUNT}, sequential")),
]


def report(contenders, data, tools, options):
    """`data` has the file's name, sizes and lines as text."""
    found = {(c.question, c.name): c for c in contenders}
    parts = [
        "# ngramcount and other tools",
        f"{datetime.date.today()}, made by `{options.invocation}`.",
        environment(tools),
        f"Data: {data}. The file is in the page cache; answers are written to a file on disk.",
        method(contenders, options),
    ]
    for question in (TABLE, WORD, UNPACK):
        those = [c for c in contenders if c.question == question]
        if those:
            references = [found.get((question, name)) for name in (COUNT, ISAL)]
            if question == UNPACK:
                references = [found.get((UNPACK, ALONE)), found.get((UNPACK, IGZIP))]
            parts += [f"## {question.capitalize()}", table(those, [r for r in references if r])]
    parts += ["## Ratios", ratios(found), "## Commands", commands(contenders, tools)]
    return "\n\n".join(parts) + "\n"


def method(contenders, options):
    slow = [c.name for c in contenders if c.slow and c.runs]
    text = f"Each round runs all of them one after another. Rounds counted: {options.rounds}"
    if slow and options.slow_rounds < options.rounds:
        text += f"; only {options.slow_rounds} of them have {'; '.join(slow)}"
    text += """.
A round before them is not counted: it checks the answers and samples the memory, every 10 ms or as fast as that can be
read (the sum of the PSS of all processes of a command). A ratio is that of two times in one round; given are the median
of the rounds and, in brackets, the smallest and the largest. CPU time is that of all processes.

Every answer was compared with the expected one, row by row, and every table also on a small file of odd n-grams (quotes,
backslashes, `NULL`, U+2028, …). The peers may write their rows in any order, and check only what they need; ngramcount
checks every field of every line and sorts its rows."""
    others = sorted(run.others for c in contenders for run in c.runs)
    if others:
        middle, most = statistics.median(others), others[-1]
        text += "\n\nOther processes took of the machine's CPU time: "
        text += f"{middle:.1%} in the median run, {most:.1%} in the worst."
        if middle > 0.03:
            text += " **That is not a quiet machine: trust the ratios a little, the times not at all.**"
    return text


def table(contenders, references):
    heads = [r.name.replace("ngramcount with ISA-L", "ISA-L build") for r in references]
    lines = ["| | runs | s, median | least – most | CPU s | peak MiB |" + "".join(f" × {head} |" for head in heads)]
    lines.append("|---|--:|--:|--:|--:|--:|" + "--:|" * len(heads))
    ordered = sorted(contenders, key=lambda c: statistics.median(seconds(c)) if c.runs else float("inf"))
    for c in ordered:
        name = c.name.replace("|", r"\|") + (f" ({c.note})" if c.note else "")
        if not c.runs:
            lines.append(f"| {name} | – | {c.failure or 'wrong: ' + ', '.join(c.wrong)} | | | |" + " |" * len(heads))
            continue
        if c.wrong:
            name += f" – **wrong: {', '.join(c.wrong)}**"
        times = seconds(c)
        cpu = statistics.median(run.cpu_seconds for run in c.runs)
        cells = [name, len(times), f"{statistics.median(times):.2f}", f"{min(times):.2f} – {max(times):.2f}"]
        cells += [f"{cpu:.2f}", f"{c.peak_bytes / (1 << 20):.0f}"]
        cells += [ratio(c, reference) for reference in references]
        lines.append("| " + " | ".join(map(str, cells)) + " |")
    return "\n".join(lines)


def seconds(contender):
    return [run.seconds for run in contender.runs]


def ratio(one, other):
    """The ratios in the rounds in which both ran."""
    if one is other:
        return "1"
    pairs = [a / b for a, b in zip(seconds(one), seconds(other))]
    if not pairs:
        return "–"
    middle = f"{statistics.median(pairs):.2f}"
    return middle if len(pairs) == 1 else f"{middle} ({min(pairs):.2f} – {max(pairs):.2f})"


def ratios(found):
    lines = ["| this | against that | ratio |", "|---|---|--:|"]
    for this, that in RATIOS:
        if this in found and that in found:
            lines.append(f"| {this[1]}, {this[0]} | {that[1]}, {that[0]} | {ratio(found[this], found[that])} |")
    return "\n".join(lines) if len(lines) > 2 else "(none: not both of a pair took part)"


def commands(contenders, tools):
    lines = []
    for c in contenders:
        command = c.command if isinstance(c.command, str) else " ".join(c.command)
        command = command.replace(tools.python, "python").replace(str(ROOT) + "/", "")
        command = command.replace("{{", "{").replace("}}", "}").replace("{file}", "FILE")
        command = command.replace("{output}", "OUTPUT").replace("{word}", "WORD")
        lines.append(f"- {c.name}, {c.question}: `{command}`")
    return "\n".join(lines)


def environment(tools):
    cpu = first_line("/proc/cpuinfo", "model name")
    memory = int(first_line("/proc/meminfo", "MemTotal").split()[0]) >> 20
    number = output([tools.count, "--version"]).split()[-1]
    versions = [f"ngramcount {number} at {revision()}", output(["rustc", "--version"])]
    versions.append("Python " + platform.python_version())
    versions += [f"{module} {getattr(tools, module)}" for module in MODULES if getattr(tools, module)]
    versions += [output([tool, "--version"]) for tool in ("gzip", "igzip") if getattr(tools, tool)]
    if tools.mawk:
        versions.append(output(["mawk", "-W", "version"]))
    machine = f"{os.cpu_count()} cores of {cpu}, {memory} GiB, {platform.system()} {platform.release()}."
    return machine + "\n" + "; ".join(versions) + "."


def revision():
    described = subprocess.run(
        ["git", "describe", "--always", "--dirty"], cwd=ROOT, capture_output=True, text=True
    )
    return described.stdout.strip() or "an unknown revision"


def first_line(file, name):
    for line in Path(file).read_text().splitlines():
        if line.startswith(name):
            return line.split(":", 1)[1].strip()
    return "unknown"


def output(command):
    """The first line of the output of a command."""
    done = subprocess.run(command, capture_output=True, text=True)
    return (done.stdout or done.stderr).strip().split("\n")[0].split(",")[0]
