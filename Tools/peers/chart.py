"""Draws what bench.py has measured as a bar chart: images a second of vaec and its peers, relative to vaec.

Usage: chart.py MEASURED.json [--task train|infer] [--images N] [--peers eager,jax,...] [-o CHART.svg]

For each model there is one group of bars, vaec's as long as 1. The picture is text, and has a ground of its own so that it can be
read on any page.
"""

import argparse
import json
import sys
from xml.sax.saxutils import escape

# One hue for a framework, from Okabe and Ito's palette for all kinds of colour vision, and its shades for the ways to use it.
PEERS = {
    "vaec": ("vaec", "vaec", "#0072b2"),
    "eager": ("PyTorch", "PyTorch, eager", "#d55e00"),
    "channels_last": ("PyTorch", "PyTorch, channels last", "#e58a47"),
    "compile": ("PyTorch", "PyTorch, compiled", "#f2b98e"),
    "jax": ("JAX", "JAX", "#009e73"),
    "tensorflow": ("TensorFlow", "TensorFlow", "#8f4f75"),
    "tensorflow_jit": ("TensorFlow", "TensorFlow, XLA", "#b97aa0"),
    "keras": ("TensorFlow", "Keras, fit", "#dcb3cc"),
    "onnxruntime": ("ONNX Runtime", "ONNX Runtime", "#e6b800"),
    "openvino": ("OpenVINO", "OpenVINO", "#56b4e9"),
}
WIDTH, LEFT, RIGHT = 860, 60, 240
ROW, BAR, GAP = 15, 12, 12


class Picture:
    def __init__(self):
        self.parts = []

    def text(self, x, y, words, style="", anchor="start"):
        self.parts.append(f'<text x="{x:g}" y="{y:g}" text-anchor="{anchor}"{style}>{escape(words)}</text>')

    def box(self, x, y, width, height, color):
        self.parts.append(f'<rect x="{x:g}" y="{y:g}" width="{width:.4g}" height="{height:g}" fill="{color}"/>')

    def line(self, x, top, bottom, color):
        self.parts.append(f'<path d="M{x:.5g} {top:g}V{bottom:g}" stroke="{color}"/>')

    def svg(self, height, title):
        return "\n".join([
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height:g}" width="{WIDTH}" height="{height:g}" '
            'font-family="Helvetica, Arial, sans-serif" font-size="11" fill="#24292f" role="img">',
            f"<title>{escape(title)}</title>",
            f'<rect width="{WIDTH}" height="{height:g}" rx="6" fill="#ffffff"/>', *self.parts, "</svg>", ""])


def speeds(row):
    """Images a second of each: of training as measured, of a call by its time."""
    medians = {peer: values["median"] for peer, values in row["peers"].items()}
    return medians if row["unit"] == "images/s" else {peer: row["images"] / value for peer, value in medians.items()}


def ticks(longest):
    """Round places on the axis: some four."""
    step = next(step for step in (0.25, 0.5, 1, 2, 5, 10, 20, 50, 100, 1000) if longest / step <= 5)
    return [step * number for number in range(int(longest / step) + 1)]


def draw(rows, title, threads):
    groups = [(row["model"], speeds(row)) for row in rows]
    longest = max(speed / of["vaec"] for _, of in groups for speed in of.values())
    scale = (WIDTH - LEFT - RIGHT) / longest
    there = [peer for peer in PEERS if any(peer in of for _, of in groups)]
    picture = Picture()
    picture.text(20, 26, title, ' font-size="15" font-weight="bold"')
    picture.text(20, 43, f"{threads} thread{'s' * (threads > 1)}; longer is faster")
    x = 20
    for framework in dict.fromkeys(PEERS[peer][0] for peer in there):
        for peer in there:
            if PEERS[peer][0] == framework:
                picture.box(x, 54, 12, 10, PEERS[peer][2])
                x += 13
        picture.text(x + 3, 63, framework)
        x += 22 + 6.2 * len(framework)
    top = y = 78
    bars = Picture()
    for model, of in groups:
        rows_of_group = [peer for peer in PEERS if peer in of]
        bars.text(LEFT - 10, y + ROW * len(rows_of_group) / 2 + 4, model, ' font-size="13" font-weight="bold"', "end")
        for peer in rows_of_group:
            share = of[peer] / of["vaec"]
            bars.box(LEFT, y, share * scale, BAR, PEERS[peer][2])
            weight = ' font-weight="bold"' if peer == "vaec" else ""
            bars.text(LEFT + share * scale + 5, y + BAR - 2, f"{PEERS[peer][1]} {share:.2f} ({of[peer]:,.0f}/s)", weight)
            y += ROW
        y += GAP
    bottom = y - GAP + 4
    for tick in ticks(longest):
        picture.line(LEFT + tick * scale, top - 4, bottom, "#d0d7de" if tick else "#57606a")
        picture.text(LEFT + tick * scale, bottom + 14, f"{tick:g}", anchor="middle")
    picture.text(LEFT + (WIDTH - LEFT - RIGHT) / 2, bottom + 30, "images a second, relative to vaec", anchor="middle")
    picture.parts += bars.parts
    return picture.svg(bottom + 42, title)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("measured")
    parser.add_argument("--task", choices=["train", "infer"], default="train")
    parser.add_argument("--images", type=int, default=1, help="images in a call of inference")
    parser.add_argument("--peers", type=lambda text: text.split(","))
    parser.add_argument("-o", "--output", help="the picture's file (default: the standard output)")
    options = parser.parse_args()
    with open(options.measured) as file:
        measured = json.load(file)
    wanted = options.images if options.task == "infer" else None
    rows = [row for row in measured["rows"] if row["task"] == options.task and row["images"] == wanted]
    if not rows:
        sys.exit(f"{options.measured} has no such measurements")
    for row in rows:
        row["peers"] = {
            peer: values for peer, values in row["peers"].items()
            if peer == "vaec" or options.peers is None or peer in options.peers}
    title = "Training" if wanted is None else f"Reconstruction of {wanted} image{'s' * (wanted > 1)} a call"
    text = draw(rows, title, measured["threads"])
    if options.output:
        with open(options.output, "w") as file:
            file.write(text)
    else:
        sys.stdout.write(text)


if __name__ == "__main__":
    main()
