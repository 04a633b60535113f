"""Measures how vaec grows and prints Markdown tables. Tools/bench-growth starts it."""

import argparse
import json
import os
import re
import shutil
import signal
import struct
import sys
import tempfile

from processes import run, run_measured

HERE = os.path.dirname(os.path.abspath(__file__))
BATCHES = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024]
WIDTHS = [1, 2, 4, 8]
SIZES = {"m1": [28, 56, 112], "m4": [32, 64, 128]}
DATA = [1_000, 10_000, 100_000, 1_000_000]
LARGE = 10_000_000
IMAGE = 28
# Images that are written at once.
PIECE = 1000
BATCH = 128


def changed(text, *changes):
    """A model's text with other numbers in some places, all of which have to be there."""
    for old, _ in changes:
        if old not in text:
            raise RuntimeError(f"the model's text has no '{old}'")
    # In one pass: what one change writes is not changed by another.
    return re.sub("|".join(re.escape(old) for old, _ in changes), lambda match: dict(changes)[match[0]], text)


def widened(text, factor):
    """m1 with that many times the channels and hidden units; the image and the latents stay."""
    return changed(
        text, ("down(32)", f"down({32 * factor})"), ("down(64)", f"down({64 * factor})"), ("up(32)", f"up({32 * factor})"),
        ("dense(100)", f"dense({100 * factor})"), ("64 * 7 * 7", f"{64 * factor} * 7 * 7"),
        ("reshape(64,", f"reshape({64 * factor},"))


def enlarged(text, model, size):
    """m1 or m4 for images of that size: what stands behind the convolutions grows with it."""
    if model == "m1":
        side = size // 4
        return changed(
            text, ("image[1, 28, 28]", f"image[1, {size}, {size}]"), ("64 * 7 * 7", f"64 * {side} * {side}"),
            ("reshape(64, 7, 7)", f"reshape(64, {side}, {side})"))
    side = size // 8
    return changed(
        text, ("image[3, 32, 32]", f"image[3, {size}, {size}]"), ("128 * 4 * 4", f"128 * {side} * {side}"),
        ("reshape(128, 4, 4)", f"reshape(128, {side}, {side})"))


def table(head, rows):
    print("| " + " | ".join(head) + " |")
    print("| " + " | ".join("---" for _ in head) + " |")
    for row in rows:
        print("| " + " | ".join(row) + " |")
    print(flush=True)


def heading(text):
    print(f"### {text}\n", flush=True)


def plural(count, word):
    return f"{count} {word}{'s' * (count != 1)}"


class Growth:
    def __init__(self, options, folder):
        self.options = options
        self.folder = folder
        self.most = max(options.threads)

    def program(self, name):
        return os.path.join(self.options.bin, name)

    def path(self, name):
        return os.path.join(self.folder, name)

    def text(self, model):
        with open(os.path.join(HERE, "..", "..", "Models", "bench", f"{model}.vdl")) as file:
            return file.read()

    def compiled(self, name, text):
        """The folder of a model of this text, compiled."""
        with open(self.path(f"{name}.vdl"), "w") as file:
            file.write(text)
        run([self.program("vaec"), "compile", self.path(f"{name}.vdl"), "-o", self.path(name), "--quiet"])
        return self.path(name)

    def bench(self, folder, threads, images=(1,), batches=None):
        """The rows of `vaerun bench` by entry, threads and images."""
        command = [self.program("vaerun"), "bench", folder, "--json", "--rounds", str(self.options.rounds)]
        command += ["--seconds", str(self.options.seconds), "--threads", ",".join(map(str, threads))]
        command += ["--images", ",".join(map(str, images))]
        if batches:
            command += ["--batch", ",".join(map(str, batches))]
        return {(row["entry"], row["threads"], row["images"]): row for row in json.loads(run(command))}

    def arena(self, folder, images):
        """The scratch of a training step, in MB."""
        manifest = self.manifest(folder)
        # Scratch is for whole blocks of images.
        arena = next(entry["arena"] for entry in manifest["entries"] if entry["name"] == "train_step")
        blocks = -(-images // manifest["target"]["blockImages"])
        return (arena["fixedBytes"] + blocks * arena["blockBytes"]) / 1e6

    @staticmethod
    def manifest(folder):
        name = next(name for name in os.listdir(folder) if name.endswith(".json"))
        with open(os.path.join(folder, name)) as file:
            return json.load(file)

    def batch(self):
        heading(f"Images in a step or call: m1, {plural(self.most, 'thread')}")
        folder = self.compiled("m1", self.text("m1"))
        rows = self.bench(folder, [self.most], BATCHES, BATCHES)
        cells = []
        for images in BATCHES:
            step, call = (rows[entry, self.most, images] for entry in ("train_step", "reconstruct"))
            cells.append([
                f"{images}", f"{step['imagesPerSecond']:,.0f}", f"{step['seconds'] * 1e3:.2f}", share(step),
                f"{self.arena(folder, images):.1f}", f"{call['imagesPerSecond']:,.0f}", share(call)])
        table(
            ["images", "training, images/s", "a step, ms", "of peak", "arena of a step, MB", "reconstruct, images/s", "of peak"],
            cells)

    def variants(self, part, what, models):
        """A table of models, each a name and a text."""
        cells = []
        for number, (name, text) in enumerate(models):
            folder = self.compiled(f"{part}{number}", text)
            rows = self.bench(folder, self.options.threads)
            steps = [row for (entry, _, _), row in rows.items() if entry == "train_step"]
            images = steps[0]["images"]
            weights = sum(product(parameter["shape"]) for parameter in self.manifest(folder)["parameters"])
            cells.append(
                [name, f"{weights:,}", f"{steps[0]['flopsPerImage'] / 1e6:,.1f}", f"{self.arena(folder, images):,.1f}"]
                + [cell for step in steps for cell in (f"{step['imagesPerSecond']:,.0f}", share(step))])
        columns = [
            column for threads in self.options.threads for column in (f"images/s, {plural(threads, 'thread')}", "of peak")]
        table([what, "parameters", "MFLOP of a training image", "arena of a step, MB"] + columns, cells)

    def width(self):
        heading("Width: m1 with all channels and hidden units times as many, training")
        self.variants("width", "width", [(f"x{factor}", widened(self.text("m1"), factor)) for factor in WIDTHS])

    def size(self):
        heading("Size of the images: m1 and m4 for larger ones, training")
        self.variants("size", "model, pixels", [
            (f"{model}, {size}x{size}", enlarged(self.text(model), model, size))
            for model, sizes in SIZES.items() for size in sizes])

    def threads(self):
        counts = thread_counts(processors())
        heading("Threads: m1")
        rows = self.bench(self.compiled("m1", self.text("m1")), counts, [256])
        cells = []
        steps = {threads: row for (entry, threads, _), row in rows.items() if entry == "train_step"}
        for threads, step in steps.items():
            call = rows["reconstruct", threads, 256]
            speedup = [row["imagesPerSecond"] / one["imagesPerSecond"] for row, one in (
                (step, steps[1]), (call, rows["reconstruct", 1, 256]))]
            cells.append([
                f"{threads}", f"{step['imagesPerSecond']:,.0f}", f"{speedup[0]:.2f}", share(step),
                f"{call['imagesPerSecond']:,.0f}", f"{speedup[1]:.2f}", share(call)])
        table(
            ["threads", "training, images/s", "times one thread's", "of peak", "reconstruct 256, images/s", "times one thread's",
             "of peak"], cells)

    def data(self):
        heading(f"Images in the data set: m1, steps of {BATCH}, {plural(self.most, 'thread')}")
        folder = self.compiled("m1", self.text("m1"))
        cells = []
        for count in DATA + [LARGE] * self.options.large:
            bytes_needed = count * IMAGE * IMAGE + (1 << 30)
            if shutil.disk_usage(self.folder).free < bytes_needed:
                print(f"{count:,} images left out: no room under {self.folder}", file=sys.stderr)
                continue
            path = self.path("images.npy")
            try:
                write_images(path, count)
                cells.append([f"{count:,}", f"{os.path.getsize(path) / 1e6:,.1f}", *self.trained(folder, path)])
            finally:
                if os.path.exists(path):
                    os.remove(path)
        table(
            ["images", "file, MB", "1 step, s", "memory, MB", "with the search, s", "memory, MB",
             f"{plural(self.options.steps, 'step')}, s", "memory, MB", "a step, ms"], cells)

    def trained(self, folder, data):
        """A process of one step, the same with the search for test images among the training images, and one of many steps:
        each one's seconds and most memory."""
        runs = [self.train(folder, data, 1, "--quiet"), self.train(folder, data, 1), self.train(
            folder, data, self.options.steps, "--quiet")]
        cells = [cell for seconds, memory, _ in runs for cell in (f"{seconds:.2f}", f"{memory:,.0f}")]
        return cells + [f"{runs[-1][2] * 1e3:.2f}"]

    def train(self, folder, data, steps, *options):
        """The seconds of a process that trains, the most memory that it has in MB, and the seconds of a step."""
        speeds = []

        def line(text, _):
            event = json.loads(text)
            if event["event"] == "end" and event["step"] == steps:
                speeds.append(event["images_per_second"])

        # An epoch has a step at least.
        command = [
            self.program("vaerun"), "train", folder, "--data", data, "--steps", str(steps), "--epochs", str(steps), "--batch",
            str(BATCH), "--no-pictures", "--json", "--threads", str(self.most), "-o", self.path("run"), *options]
        try:
            seconds, memory = run_measured(command, line)
        finally:
            shutil.rmtree(self.path("run"), ignore_errors=True)
        if not speeds:
            raise RuntimeError(f"training ended before {plural(steps, 'step')}")
        return seconds, memory, BATCH / speeds[0]


def write_images(path, count):
    """An array [count, 28, 28] of uint8 in NumPy's format 1.0: random pixels, and no two images the same."""
    size = IMAGE * IMAGE
    fields = f"{{'descr': '|u1', 'fortran_order': False, 'shape': ({count}, {IMAGE}, {IMAGE}), }}"
    # The elements begin at a multiple of 64 bytes.
    fields += " " * (-(10 + len(fields) + 1) % 64) + "\n"
    noise = bytearray(os.urandom(PIECE * size))
    with open(path, "wb") as file:
        file.write(b"\x93NUMPY\x01\x00" + struct.pack("<H", len(fields)) + fields.encode("latin-1"))
        for begin in range(0, count, PIECE):
            images = min(PIECE, count - begin)
            for number in range(images):
                struct.pack_into("<Q", noise, number * size, begin + number)
            file.write(memoryview(noise)[:images * size])


def share(row):
    return f"{row['shareOfPeak'] * 100:.0f} %"


def product(numbers):
    result = 1
    for number in numbers:
        result *= number
    return result


def processors():
    """Those that this process may use."""
    return len(os.sched_getaffinity(0))


def thread_counts(most):
    """All up to eight, then powers of two, and the most."""
    return sorted({*range(1, min(most, 8) + 1), *(1 << power for power in range(4, most.bit_length())), most})


def numbers(text):
    return [int(word) for word in text.split(",")]


def main():
    parts = ["batch", "width", "size", "data", "threads"]
    parser = argparse.ArgumentParser()
    parser.add_argument("--bin", required=True)
    parser.add_argument("--parts", type=lambda text: text.split(","), default=parts)
    parser.add_argument("--threads", type=numbers, default=sorted({1, processors()}))
    parser.add_argument("--seconds", type=float, default=0.3)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--steps", type=int, default=200, help="training steps on each data set")
    parser.add_argument("--large", action="store_true", help="also ten million images, a file of 7.8 GB")
    options = parser.parse_args()
    for part in options.parts:
        if part not in parts:
            parser.error(f"there is no part {part}; there are {', '.join(parts)}")
    # So that the folder is removed then too.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    with tempfile.TemporaryDirectory() as folder:
        growth = Growth(options, folder)
        try:
            for part in options.parts:
                getattr(growth, part)()
        except RuntimeError as error:
            sys.exit(f"error: {error}")


if __name__ == "__main__":
    main()
