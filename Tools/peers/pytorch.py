"""A yardstick model in PyTorch: prints images per second of training, or seconds of a call of reconstruction.

Usage: pytorch.py MODEL train|infer [--style eager|channels_last|compile] [--threads N] [--batch N] [--seconds S] [--steps N]

`eager` is the model as people write it: NCHW tensors, torch.optim.Adam. `channels_last` has both in that layout and the fused
Adam; `compile` is that through torch.compile. Images are random, and in memory.
"""


import torch
from torch import nn
from torch.nn import functional as F

from timing import arguments_of, seconds_of, train
from yardsticks import YARDSTICKS


class Heads(nn.Module):
    def __init__(self, model):
        super().__init__()
        self.model = model
        shape = model.image
        layers, size = self.half(model.encoder, shape, ends_open=False)
        self.encoder = nn.Sequential(*layers)
        features = size[0] if len(size) == 1 else size[0] * size[1] * size[2]
        self.mean = nn.Linear(features, model.latent)
        self.logvar = nn.Linear(features, model.latent) if model.variational else None
        layers, _ = self.half(model.decoder, (model.latent,), ends_open=True)
        self.decoder = nn.Sequential(*layers)

    @staticmethod
    def half(description, shape, ends_open):
        """The layers of one half, and the form of what they give; behind the last is no ReLU where it ends open."""
        layers = []
        computing = [layer for layer in description if layer.kind in ("conv", "deconv", "dense")]
        for layer in description:
            if layer.kind == "reshape":
                layers.append(nn.Unflatten(1, layer.size))
                shape = layer.size
                continue
            if layer.kind == "pool":
                layers.append(nn.AvgPool2d(layer.size))
                shape = (shape[0], shape[1] // layer.size, shape[2] // layer.size)
                continue
            if layer.kind == "dense":
                if len(shape) == 3:
                    layers.append(nn.Flatten())
                    shape = (shape[0] * shape[1] * shape[2],)
                layers.append(nn.Linear(shape[0], layer.size))
                shape = (layer.size,)
            elif layer.kind == "conv":
                layers.append(nn.Conv2d(shape[0], layer.size, layer.kernel, layer.stride, layer.pad))
                extents = [(e + 2 * layer.pad - layer.kernel) // layer.stride + 1 for e in shape[1:]]
                shape = (layer.size, *extents)
            else:
                layers.append(
                    nn.ConvTranspose2d(
                        shape[0], layer.size, layer.kernel, layer.stride, layer.pad, layer.output_padding))
                extents = [
                    (e - 1) * layer.stride - 2 * layer.pad + layer.kernel + layer.output_padding for e in shape[1:]]
                shape = (layer.size, *extents)
            if layer.norm:
                layers.append(nn.BatchNorm2d(layer.size))
            if not (ends_open and layer is computing[-1]):
                layers.append(nn.ReLU())
        return layers, shape

    def forward(self, x):
        """What training needs: the decoder's output and the parameters of the posterior."""
        h = self.encoder(x).flatten(1)
        mean = self.mean(h)
        if self.logvar is None:
            return self.decoder(mean), mean, None
        logvar = self.logvar(h)
        z = mean + torch.randn_like(mean) * torch.exp(0.5 * logvar)
        return self.decoder(z), mean, logvar

    def reconstruct(self, x):
        y = self.decoder(self.mean(self.encoder(x).flatten(1)))
        return y if self.model.loss == "half_square" else torch.sigmoid(y)


class Reconstruction(nn.Module):
    def __init__(self, heads):
        super().__init__()
        self.heads = heads

    def forward(self, x):
        return self.heads.reconstruct(x)


def loss_of(model, x, y, mean, logvar):
    if model.loss == "mean_square":
        return F.mse_loss(torch.sigmoid(y), x)
    if model.loss == "bernoulli":
        fit = F.binary_cross_entropy_with_logits(y, x, reduction="sum")
    else:
        fit = 0.5 * F.mse_loss(y, x, reduction="sum")
    return (fit + 0.5 * torch.sum(mean**2 + logvar.exp() - 1 - logvar)) / len(x)


def main():
    options = arguments_of(YARDSTICKS, ["eager", "channels_last", "compile"]).parse_args()
    torch.set_num_threads(options.threads)
    torch.manual_seed(1)
    model = YARDSTICKS[options.model]
    batch = options.batch or model.batch
    heads = Heads(model)
    images = torch.rand(4 * batch, *model.image)
    if options.style != "eager":
        heads = heads.to(memory_format=torch.channels_last)
        images = images.to(memory_format=torch.channels_last)
    if options.task == "infer":
        heads.eval()
        run = torch.compile(heads.reconstruct) if options.style == "compile" else heads.reconstruct
        with torch.inference_mode():
            run(images[:batch])
            print(f"{seconds_of(lambda: run(images[:batch]), options.seconds):.9f}")
        return
    run = torch.compile(heads) if options.style == "compile" else heads
    optimizer = torch.optim.Adam(heads.parameters(), lr=1e-3, fused=options.style != "eager")
    number = 0

    def step():
        nonlocal number
        x = images[number % 4 * batch:(number % 4 + 1) * batch]
        number += 1
        optimizer.zero_grad()
        loss = loss_of(model, x, *run(x))
        loss.backward()
        optimizer.step()
        return loss.item()

    train(step, batch, options)


if __name__ == "__main__":
    main()
