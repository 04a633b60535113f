"""Trains the model of Models/convvae.vdl in PyTorch, eagerly, as people write it, and prints images per second.

NCHW tensors in memory, torch.optim.Adam, the default allocator and matrix library; random grey images, since the time
does not depend on what they show. Usage: pytorch_convvae.py [--threads N] [--steps N] [--batch N]
"""

import argparse
import time

import torch
from torch import nn
from torch.nn import functional as F


class ConvVAE(nn.Module):
    def __init__(self, hidden=100, latent=2):
        super().__init__()
        self.encoder = nn.Sequential(
            nn.Conv2d(1, 32, 3, stride=2, padding=1), nn.ReLU(),
            nn.Conv2d(32, 64, 3, stride=2, padding=1), nn.ReLU(),
            nn.Flatten(), nn.Linear(64 * 7 * 7, hidden), nn.ReLU())
        self.mean = nn.Linear(hidden, latent)
        self.logvar = nn.Linear(hidden, latent)
        self.decoder = nn.Sequential(
            nn.Linear(latent, hidden), nn.ReLU(), nn.Linear(hidden, 64 * 7 * 7), nn.ReLU(),
            nn.Unflatten(1, (64, 7, 7)),
            nn.ConvTranspose2d(64, 32, 3, stride=2, padding=1, output_padding=1), nn.ReLU(),
            nn.ConvTranspose2d(32, 1, 3, stride=2, padding=1, output_padding=1))

    def forward(self, x):
        h = self.encoder(x)
        mean, logvar = self.mean(h), self.logvar(h)
        z = mean + torch.randn_like(mean) * torch.exp(0.5 * logvar)
        return self.decoder(z), mean, logvar


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--steps", type=int, default=150)
    parser.add_argument("--batch", type=int, default=128)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    torch.manual_seed(1)
    model = ConvVAE()
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
    images = torch.rand(60000, 1, 28, 28)

    def step(number):
        start = number * options.batch % (len(images) - options.batch)
        x = images[start:start + options.batch]
        optimizer.zero_grad()
        logits, mean, logvar = model(x)
        reconstruction = F.binary_cross_entropy_with_logits(logits, x, reduction="sum")
        kl = 0.5 * torch.sum(mean**2 + logvar.exp() - 1 - logvar)
        loss = (reconstruction + kl) / len(x)
        loss.backward()
        optimizer.step()
        return loss.item()

    for number in range(20):
        step(number)
    begin = time.perf_counter()
    for number in range(options.steps):
        step(number)
    print(f"{options.steps * options.batch / (time.perf_counter() - begin):.0f}")


if __name__ == "__main__":
    main()
