"""How the peers are timed; of no framework, so that none is loaded beside another."""

import time


def seconds_of(call, seconds):
    """The mean time of a call, over calls that take that long together, after some that do not count."""
    begin = time.perf_counter()
    while time.perf_counter() - begin < seconds / 3:
        call()
    begin, calls = time.perf_counter(), 0
    while time.perf_counter() - begin < seconds:
        call()
        calls += 1
    return (time.perf_counter() - begin) / calls
