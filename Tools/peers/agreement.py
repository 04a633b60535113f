"""Holds the TensorFlow peer against the PyTorch peer: prints both losses of each model with equal weights and no
noise, and how far apart the outputs are.

Usage: agreement.py [MODEL...]

The images and kernels of one are mirrored for the other (see tensorflow_peer.py), and the dense layers beside an image take its
numbers in another order. It ends with status 1 where losses differ by more than a ten-thousandth of themselves or
outputs by more than 1e-4.
"""

import sys

import numpy
import tensorflow as tf
import torch
from torch import nn

import pytorch
import tensorflow_peer
from yardsticks import YARDSTICKS


def mirrored(images):
    """NCHW as NHWC, upside down and from right to left."""
    return numpy.ascontiguousarray(images[:, :, ::-1, ::-1].transpose(0, 2, 3, 1))


def inputs_of(weight, shape):
    """A dense layer's weights [out, in] with inputs that are an image in the other order."""
    return mirrored(weight.reshape(-1, *shape)).reshape(len(weight), -1) if len(shape) == 3 else weight


def copied(module, before, after):
    """What a Keras layer takes of a PyTorch layer between these shapes."""
    if isinstance(module, nn.BatchNorm2d):
        return [module.weight, module.bias, module.running_mean, module.running_var]
    weight = module.weight.numpy()
    # One's [out, in, height, width] or [in, out, ...] is the other's [height, width, in, out] or [..., out, in].
    if isinstance(module, (nn.Conv2d, nn.ConvTranspose2d)):
        return [weight[:, :, ::-1, ::-1].transpose(2, 3, 1, 0), module.bias]
    if len(after) == 3:
        weight = mirrored(weight.T.reshape(-1, *after)).reshape(-1, len(weight)).T
        return [weight.T, mirrored(module.bias.numpy().reshape(1, *after)).ravel()]
    return [inputs_of(weight, before).T, module.bias]


def copy(sequence, layers, shape):
    """Copies the weights of one half; returns the shape behind it."""
    modules = [module for module in sequence if not isinstance(module, nn.ReLU)]
    targets = iter([layer for layer in layers if layer.weights])
    x, dense_before = torch.zeros(1, *shape), shape
    for number, module in enumerate(modules):
        if isinstance(module, nn.Flatten):
            dense_before = tuple(x.shape[1:])
        x = module(x)
        if hasattr(module, "weight"):
            following = modules[number + 1] if number + 1 < len(modules) else None
            after = tuple(following.unflattened_size) if isinstance(following, nn.Unflatten) else tuple(x.shape[1:])
            next(targets).set_weights([numpy.asarray(value) for value in copied(module, dense_before, after)])
            dense_before = tuple(x.shape[1:])
    return tuple(x.shape[1:])


def compare(name):
    """The losses of both, and the largest difference of outputs."""
    model = YARDSTICKS[name]
    theirs, ours = pytorch.Heads(model).eval(), tensorflow_peer.Network(model)
    with torch.no_grad():
        for module in theirs.modules():
            if isinstance(module, nn.BatchNorm2d):
                for value in (module.weight, module.bias, module.running_mean, module.running_var):
                    value.uniform_(0.5, 1.5)
        shape = copy(theirs.encoder, ours.encoder.layers, model.image)
        for head, target in ((theirs.mean, ours.mean), (theirs.logvar, ours.logvar)):
            if head is not None:
                target.set_weights([inputs_of(head.weight.numpy(), shape).T, head.bias.numpy()])
        copy(theirs.decoder, ours.decoder.layers, (model.latent,))
        x = torch.rand(model.batch, *model.image)
        h = theirs.encoder(x).flatten(1)
        mean, logvar = theirs.mean(h), theirs.logvar(h) if theirs.logvar is not None else None
        y = theirs.decoder(mean)
        expected = pytorch.loss_of(model, x, y, mean, logvar).item()
    x = tf.constant(mirrored(x.numpy()))
    mean, logvar = ours.codes(x)
    found = ours.decoder(mean)
    apart = float(numpy.abs(mirrored(y.numpy()) - found.numpy()).max())
    return expected, float(tensorflow_peer.loss_of(model, x, found, mean, logvar)), apart


def main():
    torch.manual_seed(1)
    differ = False
    for name in sys.argv[1:] or YARDSTICKS:
        expected, found, apart = compare(name)
        print(f"{name}: PyTorch {expected:.6f}, TensorFlow {found:.6f}; outputs differ by at most {apart:.1e}")
        # Not a number is not equal.
        differ = differ or not (abs(found - expected) <= 1e-4 * abs(expected) and apart <= 1e-4)
    sys.exit(1 if differ else 0)


if __name__ == "__main__":
    main()
