"""Runs vaec and its peers in turn on the yardstick models and prints medians and ratios. Tools/bench-peers starts it."""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
TRAINING = {
    "eager": ["pytorch.py", "--style", "eager"],
    "channels_last": ["pytorch.py", "--style", "channels_last"],
    "compile": ["pytorch.py", "--style", "compile"],
    "jax": ["jax_peer.py"],
}
INFERENCE = {**TRAINING, "onnxruntime": ["runtimes.py"], "openvino": ["runtimes.py"]}


class Bench:
    def __init__(self, options, folder):
        self.options = options
        self.folder = folder
        self.failed = set()

    def run(self, command):
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode != 0:
            reason = (done.stderr.strip().splitlines() or ["no reason was given"])[-1]
            raise RuntimeError(reason)
        return done.stdout

    def compile(self, model):
        text = os.path.join(HERE, "..", "..", "Models", "bench", f"{model}.vdl")
        self.run([os.path.join(self.options.bin, "vaec"), "compile", text, "-o", os.path.join(self.folder, model), "--quiet"])

    def ours(self, model, images):
        """Images per second of training where `images` is nil, else seconds of a call."""
        folder = os.path.join(self.folder, model)
        command = [
            os.path.join(self.options.bin, "vaerun"), "bench", folder, "--json", "--rounds", "1", "--threads",
            str(self.options.threads), "--seconds", str(self.options.seconds), "--images", str(images or 1)]
        rows = json.loads(self.run(command))
        if images is None:
            return next(row["imagesPerSecond"] for row in rows if row["entry"] == "train_step")
        return next(row["seconds"] for row in rows if row["entry"] == "reconstruct" and row["images"] == images)

    def theirs(self, peer, model, images):
        script, *style = (TRAINING if images is None else INFERENCE)[peer]
        task = peer if script == "runtimes.py" else "train" if images is None else "infer"
        command = [sys.executable, os.path.join(HERE, script), model, task, *style]
        command += ["--threads", str(self.options.threads), "--seconds", str(self.options.seconds)]
        if images is not None:
            command += ["--batch", str(images)]
        return float(self.run(command).split()[-1])

    def measure(self, model, images):
        known = TRAINING if images is None else INFERENCE
        peers = [peer for peer in self.options.peers or known if peer in known]
        samples = {"vaec": []}
        for _ in range(self.options.runs):
            samples["vaec"].append(self.ours(model, images))
            for peer in peers:
                if (peer, model) in self.failed:
                    continue
                try:
                    samples.setdefault(peer, []).append(self.theirs(peer, model, images))
                except RuntimeError as error:
                    self.failed.add((peer, model))
                    print(f"{peer} left out on {model}: {error}", file=sys.stderr)
        medians = {peer: statistics.median(values) for peer, values in samples.items() if values}
        self.report(model, images, medians)

    def report(self, model, images, medians):
        ours = medians.pop("vaec")
        what = "training, images/s" if images is None else f"reconstruct, {images} image{'s' * (images > 1)}, us a call"
        shown = (lambda v: f"{v:,.0f}") if images is None else (lambda v: f"{v * 1e6:,.0f}")
        ratio = (lambda v: ours / v) if images is None else (lambda v: v / ours)
        cells = [f"{peer} {shown(value)} (x{ratio(value):.2f})" for peer, value in medians.items()]
        print(f"{model}, {what}: vaec {shown(ours)}; " + ", ".join(cells), flush=True)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--bin", required=True)
    words = lambda text: text.split(",")
    parser.add_argument("--models", type=words, default=["m1", "m2", "m3", "m4", "m5", "m6"])
    parser.add_argument("--tasks", type=words, default=["train", "infer"])
    parser.add_argument("--peers", type=words)
    parser.add_argument("--images", type=lambda text: [int(word) for word in text.split(",")], default=[1, 256])
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=2)
    parser.add_argument("--threads", type=int, default=2)
    options = parser.parse_args()
    print(f"{options.threads} threads, median of {options.runs} interleaved runs; (x2.00): vaec takes half the time")
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(options, folder)
        for model in options.models:
            bench.compile(model)
            if "train" in options.tasks:
                bench.measure(model, None)
            if "infer" in options.tasks:
                for images in options.images:
                    bench.measure(model, images)


if __name__ == "__main__":
    main()
