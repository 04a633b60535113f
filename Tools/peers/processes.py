"""Runs other programs: for what they print, or for the time and memory that they take."""

import os
import subprocess
import tempfile
import time


def reason(errors):
    """The last line of what a program has written before it failed."""
    return (errors.strip().splitlines() or ["no reason was given"])[-1]


def run(command):
    """What a program prints."""
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode != 0:
        raise RuntimeError(reason(done.stderr))
    return done.stdout


def run_measured(command, line=None):
    """The seconds that a process takes from its start to its end, and the most memory that it has in MB.

    `line` is called with each line that it prints and the seconds since the start.
    """
    with tempfile.TemporaryFile("w+") as errors:
        begin = time.perf_counter()
        process = subprocess.Popen(
            command, stdout=subprocess.PIPE if line else subprocess.DEVNULL, stderr=errors, text=True)
        try:
            for text in process.stdout or ():
                line(text, time.perf_counter() - begin)
            # The usage of this child alone; getrusage has the largest of all children.
            _, status, usage = os.wait4(process.pid, 0)
        except BaseException:
            process.kill()
            process.wait()
            raise
        finally:
            if process.stdout:
                process.stdout.close()
        seconds = time.perf_counter() - begin
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode != 0:
            errors.seek(0)
            raise RuntimeError(reason(errors.read()))
        # Kibibytes, on Linux.
        return seconds, usage.ru_maxrss * 1024 / 1e6
