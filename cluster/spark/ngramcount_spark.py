"""Spark job that counts with `ngramcount`: Spark schedules tasks and shuffles; the program reads, counts and adds.

    spark-submit --files target/release/ngramcount cluster/spark/ngramcount_spark.py \\
        /shared/googlebooks-eng-all-1gram-*.gz --output /shared/answer --pos NOUN --years 1900..2000

Each file is a task, which runs `ngramcount map` on it and checks its exit code. Spark's shuffle brings the partial sums of an
n-gram together, and `ngramcount reduce` adds them. The program itself reads files from a file system that all workers share.
It fetches http and https URLs as well. Spark reads a path with the scheme of a Hadoop file system (hdfs:, s3a:, gs:) and pipes
its lines to the program.

Exit codes are those of the program: 0; 1 for a failure; 2 for a wrong command line; 3 if shards or bad lines were left out, as
the options allowed.
"""

import argparse
import functools
import glob
import itertools
import os
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import time
import urllib.parse
import zlib

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyspark import SparkFiles, StorageLevel
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

BLOCK = 1 << 20
# The key of a row with a note of a task about its shard. No n-gram begins with a tab.
NOTE = b"\t"
# Marks around the error of a task, by which it is found in the messages of Spark.
BEGIN, END = "<<ngramcount: ", " :ngramcount>>"


class ShardError(Exception):
    """A shard that cannot be counted, and the reason."""

    def __init__(self, shard, why):
        super().__init__(f"{BEGIN}{shard}: {why}{END}")


# ---- In the tasks


def program(binary):
    """The path of the program on this machine."""
    if binary:
        return binary
    shipped = SparkFiles.get("ngramcount")
    return shipped if os.path.exists(shipped) else shutil.which("ngramcount") or shipped


def fields_of(block, fields, what):
    """The bytes of `block`, which consists of whole lines, and the start and end of each field of each line.

    Only LF ends a line and only a tab a field, whatever else there is: no reader of CSV does that.
    """
    bytes_ = np.frombuffer(block, np.uint8)
    ends = np.flatnonzero(bytes_ == 10)
    tabs = np.flatnonzero(bytes_ == 9)
    if len(tabs) != len(ends) * (fields - 1):
        raise ShardError(what, f"ngramcount wrote lines that have not {fields} fields")
    stops = np.column_stack([tabs.reshape(len(ends), fields - 1), ends])
    starts = np.empty_like(stops)
    starts[:, 1:] = stops[:, :-1] + 1
    starts[0, 0] = 0
    starts[1:, 0] = ends[:-1] + 1
    if not (starts <= stops).all():
        raise ShardError(what, f"ngramcount wrote lines that have not {fields} fields")
    return bytes_, starts, stops


def columns(block, fields, what):
    """The rows in `block` as one Arrow array for each field: the n-gram, then the numbers."""
    bytes_, starts, stops = fields_of(block, fields, what)
    return [column(bytes_, starts[:, field], stops[:, field], field > 0, what) for field in range(fields)]


# A hash value for each byte, the same in all tasks.
LETTERS = np.array([zlib.crc32(bytes([byte])) for byte in range(256)], np.uint32)
# A larger number of partitions only makes the sort slower.
MOST_PARTS = 1 << 16


def pieces(block, fields, parts, what):
    """The lines in `block` by the partition of their n-gram: the partitions that occur, and the lines of each.

    The letters decide, whatever their order: all that matters is that an n-gram has one part, and a part many n-grams.
    """
    bytes_, starts, stops = fields_of(block, fields, what)
    ngrams = np.column_stack([starts[:, 0], stops[:, 0]]).ravel()
    sums = np.add.reduceat(LETTERS[bytes_], ngrams)[::2]
    mine = ((sums >> 8) % np.uint32(parts)).astype(np.uint16)
    offsets = np.append(starts[:, 0], len(bytes_)).astype(np.int32)
    lines = pa.Array.from_buffers(pa.binary(), len(starts), [None, pa.py_buffer(offsets), pa.py_buffer(bytes_)])
    ordered = lines.take(pa.array(np.argsort(mine, kind="stable")))
    offsets = np.frombuffer(ordered.buffers()[1], np.int32)[ordered.offset :]
    ends = np.cumsum(np.bincount(mine, minlength=parts))
    offsets = offsets[np.append(0, ends)]
    occur = np.flatnonzero(np.diff(offsets))
    together = pa.Array.from_buffers(pa.binary(), parts, [None, pa.py_buffer(offsets), ordered.buffers()[2]])
    return pa.array(occur, pa.int32()), together.take(pa.array(occur))


def column(bytes_, starts, stops, is_number, what):
    edges = np.zeros(len(bytes_) + 1, np.int8)
    # An empty field starts and ends at the same place, so edges are added and not set.
    edges[starts] += 1
    edges[stops] -= 1
    inside = np.cumsum(edges[:-1], dtype=np.int8).view(bool)
    offsets = np.zeros(len(starts) + 1, np.int32)
    np.cumsum(stops - starts, out=offsets[1:])
    buffers = [None, pa.py_buffer(offsets), pa.py_buffer(bytes_[inside])]
    kind = pa.string() if is_number else pa.binary()
    array = pa.Array.from_buffers(kind, len(starts), buffers)
    if not is_number:
        return array
    try:
        return pc.cast(array, pa.int64())
    except pa.ArrowInvalid as error:
        raise ShardError(what, f"a sum is more than Spark's integers hold, 9223372036854775807: {error}") from None


def shown(path):
    """A path or URL as messages call it: without what may be secret."""
    return re.sub(r"^(https?://)(?:[^/?#]*:[^?#]*@|[^/?#]*@)?([^?#]*)(\?)?.*", lambda m: m[1] + m[2] + ("?…" if m[3] else ""), path, flags=re.I)


def blocks(out):
    """The output of a process in blocks of whole lines. Returns the rest, a line without its end."""
    rest = b""
    while block := out.read(BLOCK):
        block = rest + block
        end = block.rfind(b"\n") + 1
        rest = block[end:]
        if end:
            yield memoryview(block)[:end]
    return rest


class Job:
    """The parameters of a task, which are sent to the workers."""

    def __init__(self, binary, options, names, keep_going, skips):
        self.binary = binary
        self.options = options
        self.words_file = None
        self.names = names
        self.keep_going = keep_going
        self.skips = skips
        self.parts = 1

    def schema(self):
        """Of the answer."""
        numbers = [pa.field(name, pa.int64()) for name in self.names[1:]]
        return pa.schema([pa.field("ngram", pa.binary()), *numbers])

    # The type of a row in the shuffle: lines of partial sums of one partition, or a note.
    PIECES = pa.schema([("part", pa.int32()), ("lines", pa.binary()), ("note", pa.binary())])

    def command(self):
        words = ["--words-file", SparkFiles.get(self.words_file)] if self.words_file else []
        return [program(self.binary), "map", *self.options, *words]

    def run(self, what, command, feed=None, may_fail=False):
        """Runs the program and gives the lines that it writes, in blocks, then perhaps a note, as a string; `feed` writes to
        its standard input, if it is to read that. If it may fail, it gives either lines or the note of its failure."""
        step = f"ngramcount {command[1]}"
        with tempfile.TemporaryFile() as said, tempfile.TemporaryFile() as spool:
            # No row may be sent before it is known that there is no failure.
            out = spool if may_fail else subprocess.PIPE
            stdin = subprocess.PIPE if feed else subprocess.DEVNULL
            try:
                process = subprocess.Popen(command, stdin=stdin, stdout=out, stderr=said)
            except OSError as error:
                raise ShardError(what, f"cannot start {command[0]}: {error.strerror}") from None
            try:
                feeder = threading.Thread(target=feed, args=[process.stdin]) if feed else None
                if feeder:
                    feeder.start()
                rest = b"" if may_fail else (yield from blocks(process.stdout))
                if feeder:
                    feeder.join()
                code = process.wait()
            finally:
                process.kill()
                process.wait()
            said.seek(max(0, said.seek(0, os.SEEK_END) - 8192))
            said = said.read().decode(errors="replace").strip()
            allowed = (0, 3) if self.skips else (0,)
            # A signal is not the fault of the shard: another attempt, on another machine, may succeed.
            if code < 0:
                raise ShardError(what, f"{step} was killed by signal {-code} {said}")
            if code not in allowed:
                if not may_fail:
                    raise ShardError(what, f"{step} ended with exit code {code}: {said}")
                yield "\t".join(["failed", what, said])
                return
            if may_fail:
                spool.seek(0)
                rest = yield from blocks(spool)
            if rest:
                raise ShardError(what, f"{step} wrote half a line")
            if code == 3:
                yield "\t".join(["skipped", what, said])

    def count(self, what, files, feed=None):
        """The partial sums of files, or of what `feed` gives, in pieces for the shuffle."""
        for block in self.run(what, [*self.command(), *files], feed, self.keep_going):
            if isinstance(block, str):
                yield pa.RecordBatch.from_pylist([{"part": 0, "note": block.encode()}], schema=self.PIECES)
                continue
            parts, lines = pieces(block, len(self.names), self.parts, what)
            notes = pa.nulls(len(parts), pa.binary())
            yield pa.RecordBatch.from_arrays([parts, lines, notes], schema=self.PIECES)

    def files(self, paths):
        """A function from the positions of paths to pieces."""

        def run(positions):
            for batch in positions:
                for position in batch.column(0).to_pylist():
                    path = paths.value[position]
                    yield from self.count(shown(path), [path])

        return run

    def lines(self):
        """A function from lines of a file, without their ends, to pieces."""

        def run(lines):
            first = next(lines, None)
            if first is None:
                return
            what = first.column(1)[0].as_py() if first.num_rows else "a shard"
            feed = Feed(joined(batch.column(0)) for batch in itertools.chain([first], lines))
            yield from self.count(what, [], feed)
            feed.check()

        return run

    def sums(self, as_text=False):
        """A function from the pieces of some parts to the rows of the answer, or to lines of text, many a row."""

        def run(batches):
            first = next(batches, None)
            if first is None:
                return
            notes = []

            def lines():
                for batch in itertools.chain([first], batches):
                    notes.extend(note for note in batch.column(2).to_pylist() if note is not None)
                    yield from (piece.as_buffer() for piece in batch.column(1) if piece.is_valid)

            schema, what = self.schema(), "the sums of a part"
            command = [program(self.binary), "reduce", *(["--by-year"] if "year" in self.names else [])]
            feed = Feed(lines())
            for block in self.run(what, command, feed):
                if as_text:
                    yield pa.RecordBatch.from_arrays([pa.array([block[:-1]], pa.binary())], ["lines"])
                else:
                    yield pa.RecordBatch.from_arrays(columns(block, len(schema), what), schema=schema)
            feed.check()
            for note in notes:
                row = {name: 0 for name in self.names[1:]} | {"ngram": NOTE + note}
                yield pa.RecordBatch.from_pylist([row], schema=schema)

        return run


class Feed:
    """Writes to the standard input of a program. An error is kept for the thread that reports it."""

    def __init__(self, source):
        self.source = source
        self.fault = None

    def __call__(self, stdin):
        try:
            with stdin:
                for piece in self.source:
                    stdin.write(piece)
        except BrokenPipeError:
            # The program ended before its input did. Its exit code gives the reason.
            pass
        except BaseException as error:
            self.fault = error

    def check(self):
        if self.fault:
            raise self.fault


def joined(lines):
    """The lines, each with its end, as one block of memory."""
    kind = pa.large_binary()
    ended = pc.binary_join_element_wise(lines.cast(kind), pa.scalar(b"", kind), pa.scalar(b"\n", kind))
    offsets = np.frombuffer(ended.buffers()[1], np.int64)[ended.offset : ended.offset + len(ended) + 1]
    return memoryview(ended.buffers()[2])[offsets[0] : offsets[-1]] if len(ended) else b""


# ---- On the driver


def arguments():
    parser = argparse.ArgumentParser(
        prog="ngramcount_spark.py", formatter_class=argparse.RawDescriptionHelpFormatter, description=__doc__
    )
    parser.add_argument("inputs", nargs="+", metavar="INPUT", help="path, glob, or URI of a Hadoop file system")
    parser.add_argument("--output", metavar="DIR", help="a new folder; without it asked words are printed")
    parser.add_argument("--output-format", choices=["tsv", "csv", "parquet"], default="tsv")
    parser.add_argument("--sort", action="store_true", help="all parts in one order, that of the n-grams")
    parser.add_argument("--binary", metavar="PATH", help="the program on every machine, if not shipped with --files")
    parser.add_argument("--keep-going", action="store_true", help="leave out shards that fail, and name them")
    parser.add_argument("--through-spark", action="store_true", help="let Spark read all inputs")
    passed = parser.add_argument_group("passed on to `ngramcount map`, whose --help explains them")
    for option in ["--format", "--tokens", "--prefix", "--regex", "--years", "--pos", "--words-file"]:
        passed.add_argument(option)
    passed.add_argument("-n", "--n")
    passed.add_argument("--word", action="append", default=[])
    passed.add_argument("--count", default="matches")
    passed.add_argument("--bad-lines", choices=["fail", "skip"])
    for option in ["--by-year", "--ignore-case", "--strip-pos"]:
        passed.add_argument(option, action="store_true")
    typed = parser.parse_args()
    if not typed.output and not (typed.word or typed.words_file):
        parser.error("name --output, or a --word to be printed")
    return typed


def map_options(typed):
    """The options of `ngramcount map`, except --words-file, whose path differs between machines."""
    options = [f"--count={typed.count}"]
    for name in ["format", "tokens", "prefix", "regex", "years", "pos", "n", "bad_lines"]:
        if (value := getattr(typed, name)) is not None:
            options.append(f"--{name.replace('_', '-')}={value}")
    options += [f"--word={word}" for word in typed.word]
    options += [f"--{name.replace('_', '-')}" for name in ["by_year", "ignore_case", "strip_pos"] if getattr(typed, name)]
    return options


def say(text):
    """Prints a line on the stderr of Java: spark-submit writes that of Python to its stdout, into the answer."""
    line = f"ngramcount_spark: {text}"
    if session := SparkSession.getActiveSession():
        session.sparkContext._jvm.System.err.println(line)
    else:
        print(line, file=sys.stderr, flush=True)


class Inputs:
    """The files that the program reads, those that Spark reads, and those that are left out, with the reason."""

    def __init__(self, spark, typed):
        self.own, self.through, self.left_out = [], [], []
        self.keep_going = typed.keep_going
        for text in typed.inputs:
            scheme = re.match(r"([A-Za-z][A-Za-z0-9+.-]*):/", text)
            path = re.sub(r"^file:(//)?(?=/)", "", text) if scheme and scheme[1] == "file" else text
            if scheme and scheme[1].lower() in ("http", "https"):
                # The program fetches it, on whichever worker the task runs.
                self.own.append(text)
                continue
            if scheme and scheme[1] != "file":
                self.through += self.found(text, hadoop_glob(spark, text))
                continue
            literal = os.path.exists(path) or not glob.has_magic(path)
            paths = [os.path.abspath(path) for path in self.found(text, [path] if literal else sorted(glob.glob(path)))]
            if typed.through_spark:
                for path in paths:
                    self.through += self.found(path, hadoop_glob(spark, "file://" + escaped(path)))
            else:
                # The workers check whether a file exists, since it is on their file systems.
                self.own += paths

    def found(self, text, paths):
        if not paths:
            self.leave_out(text, "no such file")
        return paths

    def leave_out(self, shard, why):
        """Goes on without a shard, if that is allowed."""
        if not self.keep_going:
            raise ShardError(shard, why)
        self.left_out.append((shard, why))
        self.through = [path for path in self.through if plain(path) != plain(shard)]


def hadoop_glob(spark, uri):
    """The paths that match a URI, in the notation of its file system."""
    path = spark.sparkContext._jvm.org.apache.hadoop.fs.Path(uri)
    system = path.getFileSystem(spark.sparkContext._jsc.hadoopConfiguration())
    return [status.getPath().toString() for status in system.globStatus(path) or []]


def escaped(path):
    """A path, escaped so that Hadoop does not read it as a glob."""
    return re.sub(r"([\[\]{}*?\\])", r"\\\1", path)


def plain(path):
    """A path in a normalized form for comparison."""
    return re.sub(r"^file:/+", "/", urllib.parse.unquote(path))


def pieces_of(spark, job, typed, inputs):
    """The partial sums of all inputs, in blocks of lines."""
    own, through = inputs.own, inputs.through
    schema = "part int, lines binary, note binary"
    parts = []
    if own:
        say(f"{len(own)} files, which ngramcount reads from the file system of the workers")
        paths = spark.sparkContext.broadcast(own)
        positions = spark.range(0, len(own), 1, len(own))
        parts.append(positions.mapInArrow(job.files(paths), schema))
    if through:
        say(f"{len(through)} inputs, which Spark reads and pipes to ngramcount")
        # A file is one partition. An uncompressed file is divided only if its format was named, since the format cannot
        # be detected from the middle of a file.
        largest = 128 << 20 if typed.format else 1 << 60
        spark.conf.set("spark.sql.files.maxPartitionBytes", largest)
        spark.conf.set("spark.sql.files.openCostInBytes", largest)
        spark.conf.set("spark.sql.files.minPartitionNum", 1)
        spark.conf.set("spark.sql.files.ignoreCorruptFiles", "false")
        spark.conf.set("spark.sql.files.ignoreMissingFiles", "false")
        lines = spark.read.text([escaped(path) for path in through], lineSep="\n")
        lines = lines.select(F.col("value").cast("binary"), F.col("_metadata.file_path"))
        parts.append(lines.mapInArrow(job.lines(), schema))
    if not parts:
        return spark.range(0).mapInArrow(lambda none: none, schema)
    return functools.reduce(DataFrame.union, parts)


# The number of rows that Spark passes to Python at a time. A row is up to a few dozen KB.
ROWS_AT_A_TIME = 2000


def set_parts(spark, files):
    """Chooses the number of partitions of the shuffle, unless it was set: Spark's 200 are too many for a few files, where each
    task would write 200 of them, and too few for thousands. Gives the number of parts that n-grams are divided into,
    several for each partition: Spark chooses which, and should have about as many for each."""
    key = "spark.sql.shuffle.partitions"
    if key not in dict(spark.sparkContext.getConf().getAll()):
        spark.conf.set(key, max(2 * spark.sparkContext.defaultParallelism, files // 8))
    spark.conf.set("spark.sql.execution.arrow.maxRecordsPerBatch", ROWS_AT_A_TIME)
    partitions = int(spark.conf.get(key))
    return min(partitions * max(2, min(16, 1024 // partitions)), MOST_PARTS)


def added_up(pieces, job):
    schema = "ngram binary, " + ", ".join(f"`{name}` bigint" for name in job.names[1:])
    return pieces.repartition("part").mapInArrow(job.sums(), schema)


def write_sums(pieces, job, typed):
    """Writes the sums as TSV, in the form in which the program writes them."""
    lines = pieces.repartition("part").mapInArrow(job.sums(as_text=True), "lines binary")
    write_lines(lines.select(F.col("lines").cast("string")), typed)


def write_lines(lines, typed):
    """Writes lines of text without decoding them."""
    lines.write.option("lineSep", "\n").text(typed.output)


def is_note():
    return F.substring("ngram", 1, 1) == F.lit(bytearray(NOTE))


def write(answer, typed):
    """Writes the answer with Spark's writers, which commit a finished attempt by a rename.

    TSV and CSV go out as lines of text whose bytes nobody looks at: Spark's own CSV trims blanks, and quotes otherwise.
    """
    keys = ["ngram", "year"] if typed.by_year else ["ngram"]
    if typed.sort:
        answer = answer.orderBy(*keys)
    ngram = F.col("ngram").cast("string")
    numbers = [F.col(name).cast("string") for name in answer.columns[1:]]
    if typed.output_format == "tsv":
        write_lines(answer.select(F.concat_ws("\t", ngram, *numbers)), typed)
    elif typed.output_format == "csv":
        quote = F.lit('"')
        quoted = F.concat(quote, F.replace(ngram, quote, F.lit('""')), quote)
        needs = [F.contains(ngram, F.lit(text)) for text in ['"', ",", "\r"]]
        field = F.when(needs[0] | needs[1] | needs[2], quoted).otherwise(ngram)
        write_lines(answer.select(F.concat_ws(",", field, *numbers)), typed)
    else:
        fault = F.concat(
            F.lit(f"{BEGIN}the n-gram with the bytes "),
            F.hex("ngram"),
            F.lit(f" is not UTF-8, which Parquet cannot hold; TSV and CSV can{END}"),
        )
        text = F.when(F.is_valid_utf8(ngram), ngram).otherwise(F.raise_error(fault).cast("string"))
        answer.withColumn("ngram", text).write.parquet(typed.output)


def asked_words(typed):
    words = [os.fsencode(word) for word in typed.word]
    if typed.words_file:
        with open(typed.words_file, "rb") as file:
            lines = file.read().removeprefix(b"\xef\xbb\xbf").split(b"\n")
        words += [word for word in (line.removesuffix(b"\r") for line in lines) if word]
    return words


def folded(words, binary):
    """The words in folded case, by the rules of the program."""
    rows = b"".join(b"%s\t%d\t1\t1\n" % (word, number) for number, word in enumerate(words))
    command = [program(binary), "map", "--format=v2", "--by-year", "--ignore-case"]
    answer = subprocess.run(command, input=rows, stdout=subprocess.PIPE, check=True).stdout
    by_number = dict(reversed(row.split(b"\t")[:2]) for row in answer.split(b"\n")[:-1])
    return [by_number[b"%d" % number] for number in range(len(words))]


def print_words(rows, typed):
    """The requested words in the order of the request, as the program prints them."""
    found = {}
    for ngram, *numbers in sorted(tuple(row) for row in rows):
        found.setdefault(bytes(ngram), []).append(numbers)
    words = asked_words(typed)
    keys = folded(words, typed.binary) if typed.ignore_case else words
    absent = [] if typed.by_year else [[0] * (typed.count.count(",") + 1)]
    for word, key in zip(words, keys):
        for numbers in found.get(key, absent):
            sys.stdout.buffer.write(b"\t".join([word, *(b"%d" % number for number in numbers)]) + b"\n")
    sys.stdout.flush()


def check_options(job, typed):
    """Lets the program check the options before a task is started."""
    words = [f"--words-file={typed.words_file}"] if typed.words_file else []
    try:
        command = [program(typed.binary), "map", *job.options, *words]
        checked = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True)
    except OSError:
        # The program may exist only on the workers.
        return
    if checked.returncode:
        say(checked.stderr.decode(errors="replace").strip().removeprefix("ngramcount: "))
        raise SystemExit(checked.returncode)


def fault_of(error):
    """The error in one line, and the shard that Spark could not read, if any."""
    text = str(error)
    if match := re.search(re.escape(BEGIN) + "(.*?)" + re.escape(END), text, re.DOTALL):
        return " ".join(match[1].split()), None
    if match := re.search(r"reading file (\S+?)\.?\s", text):
        cause = re.findall(r"Caused by: (?:[\w.$]+(?:Exception|Error): )?(.*)", text)
        return f"{match[1]}: cannot be read: {cause[-1] if cause else 'damaged'}", match[1]
    return " ".join(text.split())[:500], None


def answer_of(spark, job, typed, inputs):
    """Writes or prints the answer; returns the notes of the tasks."""
    job.parts = set_parts(spark, len(inputs.own) + len(inputs.through))
    pieces = pieces_of(spark, job, typed, inputs)
    has_notes = job.keep_going or job.skips
    if typed.output_format == "tsv" and typed.output and not (typed.sort or has_notes):
        write_sums(pieces, job, typed)
        return []
    answer = added_up(pieces, job)
    if typed.output and not has_notes:
        write(answer, typed)
        return []
    if typed.output:
        answer = answer.persist(StorageLevel.DISK_ONLY)
        notes = [bytes(row.ngram) for row in answer.filter(is_note()).collect()]
        write(answer.filter(~is_note()), typed)
        return notes
    rows = answer.collect()
    notes = [bytes(row.ngram) for row in rows if bytes(row.ngram).startswith(NOTE)]
    print_words([row for row in rows if not bytes(row.ngram).startswith(NOTE)], typed)
    return notes


def main():
    typed = arguments()
    spark = SparkSession.builder.appName("ngramcount").config("spark.sql.ansi.enabled", "true").getOrCreate()
    names = ["ngram", *(["year"] if typed.by_year else []), *typed.count.split(",")]
    job = Job(typed.binary, map_options(typed), names, typed.keep_going, typed.bad_lines == "skip")
    check_options(job, typed)
    if typed.words_file:
        spark.sparkContext.addFile(typed.words_file)
        job.words_file = os.path.basename(typed.words_file)
    begun = time.monotonic()
    try:
        inputs = Inputs(spark, typed)
        while True:
            try:
                notes = answer_of(spark, job, typed, inputs)
                break
            except Exception as error:
                why, shard = fault_of(error)
                # An error in Spark's reader fails the task, so the job starts again without that shard.
                if not (shard and job.keep_going):
                    raise
                inputs.leave_out(shard, why)
    except Exception as error:  # of Spark, of Py4J, or of this file: the text is the message
        say(fault_of(error)[0])
        return 1
    for shard, why in inputs.left_out:
        say(f"{shard}: left out: {why}")
    for note in notes:
        kind, shard, said = note.removeprefix(NOTE).decode(errors="replace").split("\t", 2)
        what = "left out" if kind == "failed" else "some lines left out"
        say(f"{shard}: {what}: {' '.join(said.split())}")
    say(f"done in {time.monotonic() - begun:.1f} s")
    return 3 if notes or inputs.left_out else 0


if __name__ == "__main__":
    sys.exit(main())
