"""Counts at the same time: threads, asyncio, and Python processes."""

import asyncio
import multiprocessing
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor

import pytest
from conftest import A_SAMPLE, KJV, POEM

import ngramcount as ng


def matches_of(word):
    return ng.count(A_SAMPLE, words=[word])[0].matches


def fails(_):
    ng.count("no-such-file")


WORDS = {"Aardvark": 15, "authors": 0, "AMNH": None, "at": None}


def expected():
    return [row.matches for row in ng.count(A_SAMPLE, words=list(WORDS))]


def test_threads_count_at_the_same_time():
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(matches_of, WORDS)) == expected()


def test_asyncio_counts_in_threads():
    async def both():
        return await asyncio.gather(*(asyncio.to_thread(matches_of, word) for word in WORDS))

    assert asyncio.run(both()) == expected()


@pytest.mark.parametrize("method", ["fork", "spawn"])
@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
def test_processes_of_python_count_each(method):
    context = multiprocessing.get_context(method)
    with ProcessPoolExecutor(2, mp_context=context) as pool:
        assert list(pool.map(matches_of, WORDS)) == expected()
        with pytest.raises(ng.BadInput) as error:
            list(pool.map(fails, [0]))
        assert error.value.reason == "no such file"


def test_a_fork_between_start_and_end_disturbs_nothing():
    with ng.stream(KJV, n=2) as batches:
        # It holds the pipes of the program open beyond its end.
        process = multiprocessing.get_context("fork").Process(target=__import__("time").sleep, args=[60])
        process.start()
        try:
            assert sum(len(batch) for batch in batches) == 156_109
            assert ng.count(POEM, words="Где")[0].matches == 3
        finally:
            process.kill()
            process.join()
