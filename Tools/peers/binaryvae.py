"""Trains Models/variants/binaryvae.vdl in PyTorch by the published schedule, for its likelihood to be held against vaec's.

    python Tools/peers/binaryvae.py --images train-images-idx3-ubyte.gz --output binaryvae.safetensors

Layers 784-400-40-400-784 with PyTorch's own first weights, Adam at 1e-4, batches of 100, each pixel drawn once from its grey
level. The file has the weights under vaec's names: `vaerun evaluate MODEL --weights FILE --samples 5000` reads them.
"""

import argparse
import gzip
import json
import struct
from pathlib import Path

import numpy
import torch
from torch import nn
from torch.nn import functional

PIXELS, HIDDEN, LATENTS, BATCH, RATE = 784, 400, 40, 100, 1e-4


def drawn_pixels(path: Path, seed: int) -> torch.Tensor:
    """The images of an IDX file, pixels 0 or 1."""
    with gzip.open(path) as file:
        grey = numpy.frombuffer(file.read(), numpy.uint8, offset=16).reshape(-1, PIXELS)
    drawn = numpy.random.default_rng(seed).random(grey.shape) < grey / 255
    return torch.from_numpy(drawn.astype(numpy.float32))


def make_layers() -> dict[str, nn.Linear]:
    return {
        "encoder.h.dense0": nn.Linear(PIXELS, HIDDEN),
        "encoder.z.mean.dense0": nn.Linear(HIDDEN, LATENTS),
        "encoder.z.logvar.dense0": nn.Linear(HIDDEN, LATENTS),
        "decoder.x.logits.dense0": nn.Linear(LATENTS, HIDDEN),
        "decoder.x.logits.dense1": nn.Linear(HIDDEN, PIXELS),
    }


def negative_elbo(layers: dict[str, nn.Linear], x: torch.Tensor) -> torch.Tensor:
    """The mean over images, in nats."""
    hidden, to_mean, to_logvar, first, last = layers.values()
    h = functional.relu(hidden(x))
    mean, logvar = to_mean(h), to_logvar(h)
    z = mean + torch.randn_like(mean) * torch.exp(0.5 * logvar)
    logits = last(functional.relu(first(z)))
    reconstruction = functional.binary_cross_entropy_with_logits(logits, x, reduction="sum")
    divergence = 0.5 * (mean * mean + logvar.exp() - 1 - logvar).sum()
    return (reconstruction + divergence) / len(x)


def save(layers: dict[str, nn.Linear], path: Path) -> None:
    """Writes a safetensors file: the header's length, the header, the numbers."""
    header, data = {}, b""
    for name, layer in layers.items():
        for kind, parameter in (("weight", layer.weight), ("bias", layer.bias)):
            numbers = parameter.detach().numpy().tobytes()
            header[f"{name}.{kind}"] = {
                "dtype": "F32",
                "shape": list(parameter.shape),
                "data_offsets": [len(data), len(data) + len(numbers)],
            }
            data += numbers
    text = json.dumps(header).encode()
    path.write_bytes(struct.pack("<Q", len(text)) + text + data)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--images", type=Path, required=True, help="MNIST's training images, IDX, compressed")
    parser.add_argument("--output", type=Path, required=True)
    parser.add_argument("--epochs", type=int, default=500)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--threads", type=int, default=1)
    options = parser.parse_args()
    torch.manual_seed(options.seed)
    torch.set_num_threads(options.threads)
    images = drawn_pixels(options.images, options.seed)
    layers = make_layers()
    parameters = [parameter for layer in layers.values() for parameter in layer.parameters()]
    optimizer = torch.optim.Adam(parameters, lr=RATE, fused=True)
    for epoch in range(1, options.epochs + 1):
        total = 0.0
        for numbers in torch.randperm(len(images)).split(BATCH):
            loss = negative_elbo(layers, images[numbers])
            optimizer.zero_grad(set_to_none=True)
            loss.backward()
            optimizer.step()
            total += loss.item() * len(numbers)
        print(f"epoch {epoch}: -ELBO {total / len(images):.3f}", flush=True)
    save(layers, options.output)


if __name__ == "__main__":
    main()
