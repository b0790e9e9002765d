"""Reads the event log of a Spark job and says how long its tasks took, beside how long the program alone took.

    task_time.py FOLDER LOCAL_MS SUBMIT_MS
"""

import json
import pathlib
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
        stages.setdefault(event["Stage ID"], []).append(metrics["Executor Run Time"] / 1000)
        first, last = min(first, info["Launch Time"] / 1000), max(last, info["Finish Time"] / 1000)

inside = sum(map(sum, stages.values()))
for stage, tasks in sorted(stages.items()):
    print(f"  stage {stage}: {len(tasks)} tasks, {sum(tasks):.2f} s")
print(
    f"inside tasks {inside:.2f} s, over 2 executors {inside / 2:.2f} s; ngramcount with 2 workers {local:.2f} s; "
    f"ratio {inside / 2 / local:.2f}; from the first task to the last {last - first:.2f} s, with Spark's start {submit:.2f} s"
)
