#!/usr/bin/env bash
# Runs the Spark job on a standalone cluster on this machine, with a master and two workers as separate processes, and
# compares its answers with those of the program alone, byte for byte. It also kills a worker of Spark, kills a map step, and
# damages a shard.
#
#     cluster/spark/test.sh            the tests, with a debug build and small shards
#     cluster/spark/test.sh measure    the time inside tasks compared with that of the program, with a release build
#
# Needs Java 17 and Python. PySpark is installed from PyPI once; OFFLINE=1 skips the tests if it is not installed.
# Input of the measurement: 16 shards of BYTES and NGRAMS in all, or SHARDS, a glob of files. SELECT has the count options,
# RUNS the number of runs.
set -Eeuo pipefail
# Whatever ends the script says so.
trap 'echo "cluster/spark/test.sh: line $LINENO failed: $BASH_COMMAND" >&2' ERR
cd "$(dirname "$0")/../.."

here=$PWD/cluster/spark
target=$(realpath -m "${CARGO_TARGET_DIR:-target}")
venv=$target/spark-venv
mode=${1:-test}

skip() {
    echo "── not tested here: the Spark job, $1"
    exit 0
}

# ---- Requirements

if ! "$venv/bin/python" -c 'import pyspark, pyarrow, numpy, pandas' 2> /dev/null; then
    [[ -z ${OFFLINE:-} ]] || skip "which needs pyspark from PyPI"
    python3 -m venv "$venv"
    # Spark passes Arrow columns to Python only if pandas is installed, though the job does not use it.
    "$venv/bin/pip" install --quiet --disable-pip-version-check 'pyspark==4.0.*' pyarrow numpy 'pandas>=2'
fi
java_version() { java -version 2>&1 | sed -n 's/.* version "\([0-9]*\).*/\1/p'; }
if [[ $(java_version) != 17 && -z ${OFFLINE:-} && $(id -u) == 0 ]] && command -v apt-get > /dev/null; then
    (apt-get update -q && apt-get install -qy openjdk-17-jre-headless) > /dev/null || true
fi
[[ $(java_version) == 17 ]] || skip "which needs Java 17"

if [[ $mode == measure ]]; then
    cargo build --quiet --locked --release --bin ngramcount --example generate
    built=$target/release
else
    cargo build --quiet --locked --bin ngramcount --example generate
    built=$target/debug
fi
program=$built/ngramcount

# ---- The cluster

work=$(mktemp -d)
declare -A pids
cleanup() {
    local pid
    for pid in "${pids[@]}"; do kill "$pid" 2> /dev/null || true; done
    for pid in "${pids[@]}"; do wait "$pid" 2> /dev/null || true; done
    rm -rf "$work"
}
trap cleanup EXIT
trap 'exit 143' TERM INT

export SPARK_LOCAL_IP=127.0.0.1 SPARK_HOME PYSPARK_PYTHON=$venv/bin/python PYSPARK_DRIVER_PYTHON=$venv/bin/python
SPARK_HOME=$("$venv/bin/python" -c 'import os, pyspark; print(os.path.dirname(pyspark.__file__))')
export SPARK_CONF_DIR=$work/conf
mkdir "$work/conf" "$work/events"
# Log levels at which the logs contain the address of the master and lost workers.
cat > "$work/conf/log4j2.properties" << END
rootLogger.level = warn
rootLogger.appenderRef.stderr.ref = stderr
appender.stderr.type = Console
appender.stderr.name = stderr
appender.stderr.target = SYSTEM_ERR
appender.stderr.layout.type = PatternLayout
appender.stderr.layout.pattern = %p %c{1}: %m%n%ex
logger.master.name = org.apache.spark.deploy.master.Master
logger.master.level = info
logger.worker.name = org.apache.spark.deploy.worker.Worker
logger.worker.level = info
END

# Waits for a match of the expression in the log of a process.
await() {
    local name=$1 expression=$2 found tries
    for ((tries = 0; tries < 600; tries++)); do
        found=$(sed -n "s/$expression/\1/p;T;q" "$work/$name.log")
        [[ -z $found ]] || { echo "$found"; return; }
        kill -0 "${pids[$name]}" 2> /dev/null || break
        sleep 0.1
    done
    echo "cluster/spark/test.sh: $name did not start; the end of its log:" >&2
    tail -20 "$work/$name.log" >&2
    return 1
}

daemon() {
    local name=$1
    shift
    # The log is there before the process has opened it.
    : > "$work/$name.log"
    "$SPARK_HOME/bin/spark-class" "$@" > "$work/$name.log" 2>&1 &
    pids[$name]=$!
}

# Port 0 selects a free port.
daemon master org.apache.spark.deploy.master.Master --host 127.0.0.1 --port 0 --webui-port 0
master=$(await master '.*Starting Spark master at \(spark:[^ ]*\).*')
start_worker() {
    daemon "$1" org.apache.spark.deploy.worker.Worker --host 127.0.0.1 --port 0 --webui-port 0 --cores 1 \
        --memory 1g --work-dir "$work/$1" "$master"
}
start_worker worker1
start_worker worker2
for name in worker1 worker2; do await "$name" '.*\(Successfully registered\).*' > /dev/null; done

submit() {
    "$SPARK_HOME/bin/spark-submit" --master "$master" --executor-cores 1 --total-executor-cores 2 \
        --executor-memory 900m --driver-memory 900m --conf spark.ui.enabled=false \
        --conf spark.driver.host=127.0.0.1 --conf spark.driver.bindAddress=127.0.0.1 \
        "${quick[@]}" --conf spark.eventLog.enabled="${EVENTS:-false}" --conf spark.eventLog.compress=false --conf spark.eventLog.dir="file://$work/events" \
        "${conf[@]}" "$here/ngramcount_spark.py" "$@" > "$work/stdout" 2> "$work/stderr"
}

# ---- Measuring

if [[ $mode == measure ]]; then
    read -ra select <<< "${SELECT:-}"
    if [[ -n ${SHARDS:-} ]]; then
        shards=($SHARDS)
    else
        "$built/examples/generate" "$work/shard.gz" --shards 16 --bytes "${BYTES:-1500MB}" \
            --ngrams "${NGRAMS:-720000}" > /dev/null
        shards=("$work"/shard-*.gz)
    fi
    conf=(--files "$program") quick=()
    for ((run = 0; run < ${RUNS:-3}; run++)); do
        start=$(date +%s%N)
        "$program" "${shards[@]}" --workers 2 "${select[@]}" -o "$work/want"
        local_ms=$((($(date +%s%N) - start) / 1000000))
        rm -rf "$work/answer" "$work"/events/*
        start=$(date +%s%N)
        EVENTS=true submit "${shards[@]}" --output "$work/answer" "${select[@]}"
        submit_ms=$((($(date +%s%N) - start) / 1000000))
        cmp <(cat "$work"/answer/part-* | LC_ALL=C sort) <(LC_ALL=C sort "$work/want")
        "$venv/bin/python" "$here/task_time.py" "$work/events" "$local_ms" "$submit_ms"
    done
    exit
fi

# ---- The tests

# Most of the time is ten starts of Java, and tasks for 200 empty partitions.
java="-XX:TieredStopAtLevel=1 -XX:+UseSerialGC"
quick=(--conf spark.sql.shuffle.partitions=4 --conf spark.driver.extraJavaOptions="$java"
    --conf spark.executor.extraJavaOptions="$java")
failures=0
: > "$work/stderr"
report() {
    if "${@:2}"; then
        echo "ok      $1"
    else
        echo "FAILED  $1"
        # The words of the job, or else the end of what Spark says.
        { grep "^ngramcount_spark" "$work/stderr" || cat "$work/stderr"; } | tail -5
        failures=$((failures + 1))
    fi
}
all() { cat "$work"/answer/part-* > "$work/got" && cmp "$work/got" "$work/want"; }
says() { grep -q -- "$1" "$work/stderr"; }
# Runs the job, with its answer in a new directory. The first argument is the expected exit code.
job() {
    local expected=$1 code=0
    shift
    rm -rf "$work/answer"
    submit "$@" || code=$?
    [[ $code == "$expected" ]] || { echo "exit code $code, not $expected"; return 1; }
}
local_run() { "$program" --executor sequential "$@" > "$work/want" 2> /dev/null; }
to=(--output "$work/answer" --sort)
conf=(--files "$program")

mkdir "$work/data" "$work/odd" "$work/marks"
"$built/examples/generate" "$work/data/shard.gz" --shards 16 --bytes 8MB --ngrams 20000 > /dev/null
python3 "$here/odd_lines.py" "$work/odd/odd [1] *.tsv"
gzip -c "$work/odd/odd [1] *.tsv" > "$work/odd/odd é.gz"
shards=("$work"/data/shard-*.gz)

t1() { job 0 "$work/data/shard-*.gz" "${to[@]}" && local_run "${shards[@]}" --sort ngram && all; }
report "sixteen shards give the answer of the program alone" t1
report "the job says which way the files were read" says "16 files, which ngramcount reads"

unsorted() {
    job 0 "$work/data/shard-*.gz" "$work/odd/*.gz" --output "$work/answer" --count volumes,matches \
        && local_run "${shards[@]}" "$work"/odd/*.gz --count volumes,matches \
        && cmp <(cat "$work"/answer/part-* | LC_ALL=C sort) <(LC_ALL=C sort "$work/want")
}
report "so they do in any order, odd bytes among them" unsorted

t2() {
    job 0 "$work/odd/odd [1] *.tsv" "file://$work/odd/odd é.gz" "${to[@]}" --by-year --count matches,volumes \
        && local_run "$work"/odd/* --by-year --count matches,volumes && all
}
report "bytes that are no text, lone CRs and odd line ends go through as they are" t2

t3() {
    job 0 "$work/odd/odd [1] *.tsv" "$work/odd/odd é.gz" "${to[@]}" --output-format csv --through-spark \
        && local_run "$work"/odd/* --output-format csv --no-header --sort ngram && all
}
report "so they do where Spark reads, and into CSV" t3
report "the job says that Spark read them" says "2 inputs, which Spark reads"

t4() {
    job 0 "$work/data/shard-*.gz" --through-spark --output "$work/answer" --output-format parquet \
        --pos NOUN,VERB --strip-pos --years 1900.. --count volumes,matches \
        && local_run "${shards[@]}" --pos NOUN,VERB --strip-pos --years 1900.. --count volumes,matches --sort ngram \
        && "$venv/bin/python" - "$work/answer" > "$work/got" << 'END' && cmp "$work/got" "$work/want"
import sys, pyarrow.parquet
table = pyarrow.parquet.read_table(sys.argv[1])
assert table.column_names == ["ngram", "volumes", "matches"]
for row in sorted((row["ngram"].encode(), row["volumes"], row["matches"]) for row in table.to_pylist()):
    sys.stdout.buffer.write(b"%s\t%d\t%d\n" % row)
END
}
report "a selection goes into Parquet, with the columns that were asked for" t4

t5() {
    local words=(--word AARDVARK --word never --word " a " --word aardvark --ignore-case)
    printf 'A\nX\342\200\250Y\n' > "$work/words"
    job 0 "$work/data/shard-*.gz" "$work/odd/*.gz" "${words[@]}" --words-file "$work/words" \
        && local_run "${shards[@]}" "$work"/odd/*.gz "${words[@]}" --words-file "$work/words" \
        && cmp "$work/stdout" "$work/want"
}
report "asked words are printed as the program prints them" t5

# A server without ranges, and a name and a signature that no message may show.
port=$((20000 + RANDOM % 20000))
python3 -m http.server --bind 127.0.0.1 --directory "$work/data" "$port" > /dev/null 2>&1 &
server=$!
t5_urls() {
    local url="http://me:secret@127.0.0.1:$port"
    job 0 "$url/shard-1.gz?signature" "$url/shard-2.gz?signature" --word the --word never \
        && local_run "$work/data/shard-1.gz" "$work/data/shard-2.gz" --word the --word never \
        && cmp "$work/stdout" "$work/want" && job 1 "$url/missing.gz?signature" --word the \
        && says "http://127.0.0.1:$port/missing.gz?…: .*no such file on the server" && ! says secret && ! says signature
}
report "workers of Spark fetch URLs" t5_urls
kill "$server"

# Writes a part of its rows and dies, at the first attempt for a certain shard.
cat > "$work/killed-once" << END
#!/bin/sh
case "\$*" in
*shard-3.gz*) mkdir "$work/marks/killed" 2> /dev/null && { "$program" "\$@" | head -c 5000; kill -9 \$\$; } ;;
esac
exec "$program" "\$@"
END
chmod +x "$work/killed-once"
t6() {
    conf=()
    job 0 "$work/data/shard-*.gz" --binary "$work/killed-once" "${to[@]}" && [[ -d $work/marks/killed ]] \
        && says "killed by signal 9" && local_run "${shards[@]}" --sort ngram && all
}
report "a map step that is killed on its first attempt changes nothing" t6
conf=(--files "$program")

mkdir "$work/bad"
head -c 20000 "${shards[5]}" > "$work/bad/truncated.gz"
t7() {
    job 1 "$work/data/shard-*.gz" "$work/bad/truncated.gz" "${to[@]}" && [[ ! -e $work/answer/_SUCCESS ]] \
        && says "^ngramcount_spark: $work/bad/truncated.gz: .*truncated"
}
report "a truncated shard fails the job, which names it" t7

t8() {
    local way=$1
    job 3 "$work/data/shard-1*.gz" "$work/bad/truncated.gz" "$work/bad/missing.gz" "${to[@]}" --keep-going $way \
        && says "^ngramcount_spark: .*$work/bad/truncated.gz: left out: " \
        && says "^ngramcount_spark: $work/bad/missing.gz: left out: .*no such file" \
        && local_run "$work"/data/shard-1*.gz --sort ngram && all
}
report "under --keep-going damaged and missing shards are left out and named" t8 ""
report "so they are where Spark reads" t8 --through-spark

printf 'a\t1999\t1\t1\nbad\n' > "$work/bad/line"
t9() {
    job 1 "$work/bad/line" "${to[@]}" && says "^ngramcount_spark: $work/bad/line: .*line 2: expected 4" || return 1
    job 2 "$work/bad/line" "${to[@]}" --years x && says "expected years as"
}
report "a bad line and a wrong option are told in the words of the program" t9

# Slow enough that a worker can be killed while some of its tasks run and others are done.
cat > "$work/slow" << END
#!/bin/sh
sleep 1
touch "$work/marks/\$\$"
exec "$program" "\$@"
END
chmod +x "$work/slow"
t10() {
    conf=()
    rm -rf "$work"/marks/*
    job 0 "$work/data/shard-*.gz" --binary "$work/slow" "${to[@]}" &
    local running=$! tries
    for ((tries = 0; tries < 900; tries++)); do
        [[ $(find "$work/marks" -type f | wc -l) -lt 6 ]] || break
        sleep 0.1
    done
    kill -KILL "${pids[worker1]}"
    wait "${pids[worker1]}" 2> /dev/null || true
    wait "$running" && says "Lost executor" && local_run "${shards[@]}" --sort ngram && all
}
report "a worker of Spark that is killed during the job changes nothing" t10

if ((failures)); then
    echo "$failures failed"
    exit 1
fi
