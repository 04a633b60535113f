"""The yardstick models of Models/bench/ as data, for the peers: ReLU stands behind every layer but the last of each half."""

from dataclasses import dataclass


@dataclass
class Layer:
    kind: str  # conv, deconv, dense, reshape, pool
    size: object
    kernel: int = 0
    stride: int = 1
    pad: int = 0
    output_padding: int = 0
    norm: bool = False


def conv(size, kernel=3, stride=2, pad=1, norm=False):
    return Layer("conv", size, kernel, stride, pad, norm=norm)


def deconv(size, kernel=3, stride=2, pad=1, output_padding=1, norm=False):
    return Layer("deconv", size, kernel, stride, pad, output_padding, norm)


def dense(size):
    return Layer("dense", size)


def reshape(*size):
    return Layer("reshape", size)


def pool():
    return Layer("pool", 2)


@dataclass
class Yardstick:
    image: tuple
    encoder: list
    latent: int
    decoder: list
    loss: str  # bernoulli: with logits; half_square: half the square error; mean_square: behind a sigmoid
    batch: int
    variational: bool = True


YARDSTICKS = {
    "m1": Yardstick(
        (1, 28, 28), [conv(32), conv(64), dense(100)], 2,
        [dense(100), dense(64 * 7 * 7), reshape(64, 7, 7), deconv(32), deconv(1)], "bernoulli", 128),
    "m2": Yardstick((1, 28, 28), [dense(512)], 16, [dense(512), dense(784), reshape(1, 28, 28)], "bernoulli", 32),
    "m3": Yardstick(
        (1, 28, 28), [conv(8), conv(17), conv(32, pad=0), dense(69)], 4,
        [dense(69), dense(288), reshape(32, 3, 3), deconv(17, pad=0, output_padding=0), deconv(8), deconv(1)],
        "mean_square", 250, variational=False),
    "m4": Yardstick(
        (3, 32, 32), [conv(32), conv(64), conv(128), dense(1024)], 200,
        [dense(1024), dense(2048), reshape(128, 4, 4), deconv(64), deconv(32), deconv(3)], "bernoulli", 128),
    "m5": Yardstick(
        (3, 64, 64), [conv(32, 4), conv(32, 4), conv(32, 4), dense(256)], 128,
        [dense(256), dense(2048), reshape(32, 8, 8)] + [deconv(size, 4, output_padding=0) for size in (32, 32, 3)],
        "half_square", 64),
    "m6": Yardstick(
        (1, 28, 28), [conv(32, norm=True), conv(64, stride=1, norm=True), pool(), dense(100)], 2,
        [dense(100), dense(64 * 7 * 7), reshape(64, 7, 7), deconv(32, norm=True), deconv(1)], "bernoulli", 32),
}
