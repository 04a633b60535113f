"""How the peers are called and timed; of no framework, so that none is loaded beside another."""

import argparse
import time


def arguments_of(models, styles=()):
    """The parser of a peer's command line; the first style is what it takes where none is given."""
    parser = argparse.ArgumentParser()
    parser.add_argument("model", choices=models)
    parser.add_argument("task", choices=["train", "infer"])
    if styles:
        parser.add_argument("--style", choices=styles, default=styles[0])
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--batch", type=int)
    parser.add_argument("--seconds", type=float, default=3)
    parser.add_argument("--steps", type=int, help="end after so many steps and print nothing")
    return parser


def train(step, batch, options):
    """Makes the steps that are asked for, or prints images per second; the first step, which may compile, does not count."""
    if options.steps is not None:
        for _ in range(options.steps):
            step()
        return
    step()
    print(f"{batch / seconds_of(step, options.seconds):.1f}")


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
