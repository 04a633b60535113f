"""Runs vaec and its peers in turn on the yardstick models and prints medians and ratios. Tools/bench-peers starts it."""

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass

from processes import run, run_measured

HERE = os.path.dirname(os.path.abspath(__file__))
TRAINING = {
    "eager": ["pytorch.py", "--style", "eager"],
    "channels_last": ["pytorch.py", "--style", "channels_last"],
    "compile": ["pytorch.py", "--style", "compile"],
    "jax": ["jax_peer.py"],
    "tensorflow": ["tensorflow_peer.py", "--style", "function"],
    "tensorflow_jit": ["tensorflow_peer.py", "--style", "jit"],
    "keras": ["tensorflow_peer.py", "--style", "keras"],
}
INFERENCE = {peer: script for peer, script in TRAINING.items() if peer != "keras"}
INFERENCE.update({"onnxruntime": ["runtimes.py"], "openvino": ["runtimes.py"]})
START_MODEL = "m1"
# The peers make four batches of images and hold them in memory; vaec draws as many.
START_IMAGES = 512


@dataclass
class Quantity:
    unit: str
    is_rate: bool
    title: str
    shown: Callable


class Measurement:
    """What is measured of everyone, once in each round."""

    def __init__(self, bench, model):
        self.bench, self.model = bench, model
        self.options = bench.options

    def script(self, peer, task):
        script, *style = self.peers[peer]
        command = [sys.executable, os.path.join(HERE, script), self.model, peer if script == "runtimes.py" else task, *style]
        return command + ["--threads", str(self.options.threads)]

    def bench_rows(self, images):
        command = [self.bench.program("vaerun"), "bench", self.bench.compiled(self.model), "--json", "--rounds", "1"]
        command += ["--threads", str(self.options.threads), "--seconds", str(self.options.seconds), "--images", str(images)]
        return json.loads(run(command))


class Training(Measurement):
    task, peers, images = "train", TRAINING, None
    quantities = [Quantity("images/s", True, "training, images/s", "{:,.0f}".format)]

    def ours(self):
        return [next(row["imagesPerSecond"] for row in self.bench_rows(1) if row["entry"] == "train_step")]

    def theirs(self, peer):
        return [float(run(self.script(peer, "train") + ["--seconds", str(self.options.seconds)]).split()[-1])]


class Inference(Measurement):
    task, peers = "infer", INFERENCE

    def __init__(self, bench, model, images):
        super().__init__(bench, model)
        self.images = images
        title = f"reconstruct, {images} image{'s' * (images > 1)}, us a call"
        self.quantities = [Quantity("seconds", False, title, lambda value: f"{value * 1e6:,.0f}")]

    def ours(self):
        rows = self.bench_rows(self.images)
        return [next(row["seconds"] for row in rows if row["entry"] == "reconstruct" and row["images"] == self.images)]

    def theirs(self, peer):
        command = self.script(peer, "infer") + ["--seconds", str(self.options.seconds), "--batch", str(self.images)]
        return [float(run(command).split()[-1])]


class Start(Measurement):
    """A whole process that makes one step: its time, and the most memory that it has had."""

    task, peers, images = "start", TRAINING, None
    quantities = [
        Quantity("seconds", False, "a process that makes one training step, s", "{:,.2f}".format),
        Quantity("MB", False, "its largest memory, MB", "{:,.0f}".format)]

    def ours(self):
        folder = os.path.join(self.bench.folder, "run")
        command = [
            self.bench.program("vaerun"), "train", self.bench.compiled(self.model), "--data", "digits", "--limit",
            str(START_IMAGES), "--steps", "1", "--no-pictures", "--quiet", "--threads", str(self.options.threads), "-o", folder]
        try:
            return run_measured(command)
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def theirs(self, peer):
        return run_measured(self.script(peer, "train") + ["--steps", "1"])


class Bench:
    def __init__(self, options, folder):
        self.options = options
        self.folder = folder
        self.failed = set()
        self.rows = []

    def program(self, name):
        return os.path.join(self.options.bin, name)

    def compiled(self, model):
        folder = os.path.join(self.folder, model)
        if not os.path.exists(folder):
            text = os.path.join(HERE, "..", "..", "Models", "bench", f"{model}.vdl")
            run([self.program("vaec"), "compile", text, "-o", folder, "--quiet"])
        return folder

    def measure(self, measurement):
        # Not a part of what is measured.
        self.compiled(measurement.model)
        peers = [peer for peer in self.options.peers or measurement.peers if peer in measurement.peers]
        samples = {"vaec": []}
        for _ in range(self.options.runs):
            samples["vaec"].append(measurement.ours())
            for peer in peers:
                case = (peer, measurement.task, measurement.model, measurement.images)
                if case in self.failed:
                    continue
                try:
                    samples.setdefault(peer, []).append(measurement.theirs(peer))
                except RuntimeError as error:
                    self.failed.add(case)
                    # What it has measured before is no median of all runs.
                    del samples[peer]
                    print(f"{peer} left out on {measurement.model}: {error}", file=sys.stderr)
        for number, quantity in enumerate(measurement.quantities):
            self.report(measurement, quantity, {
                peer: [sample[number] for sample in values] for peer, values in samples.items() if values})

    def report(self, measurement, quantity, samples):
        medians = {peer: statistics.median(values) for peer, values in samples.items()}
        ours = medians["vaec"]
        cells = [
            f"{peer} {quantity.shown(value)} (x{ours / value if quantity.is_rate else value / ours:.2f})"
            for peer, value in medians.items() if peer != "vaec"]
        print(f"{measurement.model}, {quantity.title}: vaec {quantity.shown(ours)}; " + ", ".join(cells), flush=True)
        self.rows.append({
            "task": measurement.task, "model": measurement.model, "images": measurement.images,
            "unit": quantity.unit,
            "peers": {peer: {"median": medians[peer], "samples": values} for peer, values in samples.items()}})
        self.write()

    def write(self):
        """All that there is so far: a long run that is stopped leaves what it had."""
        if self.options.json is None:
            return
        known = {name: getattr(self.options, name) for name in ("threads", "runs", "seconds")}
        with open(self.options.json, "w") as file:
            json.dump({**known, "rows": self.rows}, file, indent=1)
            file.write("\n")


def words(known):
    """A form of comma-separated words of a list."""
    def parse(text):
        unknown = [word for word in text.split(",") if word not in known]
        if unknown:
            raise argparse.ArgumentTypeError(f"there is no {unknown[0]}; there are {', '.join(known)}")
        return text.split(",")
    return parse


def main():
    models = ["m1", "m2", "m3", "m4", "m5", "m6"]
    parser = argparse.ArgumentParser()
    parser.add_argument("--bin", required=True)
    parser.add_argument("--models", type=words(models), default=models)
    parser.add_argument("--tasks", type=words(["train", "infer", "start"]), default=["train", "infer"])
    parser.add_argument("--peers", type=words(list(dict.fromkeys([*TRAINING, *INFERENCE]))))
    parser.add_argument("--images", type=lambda text: [int(word) for word in text.split(",")], default=[1, 256])
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=2)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--json", metavar="FILE", help="write all medians and samples into this file")
    options = parser.parse_args()
    print(f"{options.threads} threads, median of {options.runs} interleaved runs; (x2.00): vaec takes half the time")
    try:
        with tempfile.TemporaryDirectory() as folder:
            bench = Bench(options, folder)
            if "start" in options.tasks:
                bench.measure(Start(bench, START_MODEL))
            for model in options.models:
                if "train" in options.tasks:
                    bench.measure(Training(bench, model))
                if "infer" in options.tasks:
                    for images in options.images:
                        bench.measure(Inference(bench, model, images))
    except RuntimeError as error:
        sys.exit(f"error: {error}")


if __name__ == "__main__":
    main()
