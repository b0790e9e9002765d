"""Reads the event log of a Spark job and compares the time of its tasks with the time of the program alone.

    task_time.py FOLDER LOCAL_MS SUBMIT_MS
"""

import json
import pathlib
import statistics
import sys

folder, local, submit = pathlib.Path(sys.argv[1]), int(sys.argv[2]) / 1000, int(sys.argv[3]) / 1000
stages = {}
first, last = float("inf"), 0.0
for path in folder.rglob("*"):
    if not path.is_file() or path.name.startswith((".", "appstatus")):
        continue
    for line in path.open():
        event = json.loads(line)
        if event["Event"] != "SparkListenerTaskEnd":
            continue
        info, metrics = event["Task Info"], event["Task Metrics"]
        task = (info["Launch Time"], info["Executor ID"], metrics["Executor Run Time"] / 1000)
        stages.setdefault(event["Stage ID"], []).append(task)
        first, last = min(first, info["Launch Time"] / 1000), max(last, info["Finish Time"] / 1000)

inside = sum(seconds for tasks in stages.values() for _, _, seconds in tasks)
for stage, tasks in sorted(stages.items()):
    print(f"  stage {stage}: {len(tasks)} tasks, {sum(seconds for *_, seconds in tasks):.2f} s")
# In the first task of each executor Java compiles and Python loads its packages.
tasks = sorted(stages[min(stages)])
usual = statistics.median(seconds for *_, seconds in tasks)
firsts = {executor: seconds for _, executor, seconds in reversed(tasks)}
start = sum(max(0, seconds - usual) for seconds in firsts.values())
over = inside / 2
print(
    f"  inside tasks {inside:.2f} s, over 2 executors {over:.2f} s; ngramcount with 2 workers {local:.2f} s: {over / local:.2f}\n"
    f"  without the {start:.2f} s that the first task of each executor took above the median: {(over - start / 2) / local:.2f}\n"
    f"  from the first task to the last {last - first:.2f} s, with the start of Spark {submit:.2f} s"
)
