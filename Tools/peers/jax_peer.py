"""A yardstick model in JAX, jitted: prints images per second of training, or seconds of a call of reconstruction.

Usage: jax_peer.py MODEL train|infer [--threads N] [--batch N] [--seconds S] [--steps N]

Transposed convolutions are convolutions of the image with zeros inserted (lhs_dilation), as jax.lax.conv_transpose has them.
"""

import os
import sys

import timing
from yardsticks import YARDSTICKS


def main():
    options = timing.arguments_of(YARDSTICKS).parse_args()
    # XLA takes as many threads as the process may use processors.
    os.sched_setaffinity(0, set(sorted(os.sched_getaffinity(0))[:options.threads]))
    import jax
    import jax.numpy as jnp
    from jax import lax

    model = YARDSTICKS[options.model]
    batch = options.batch or model.batch
    if any(layer.norm for layer in model.encoder + model.decoder):
        sys.exit("the JAX peer has no batch normalization")
    key = jax.random.PRNGKey(1)

    def weights(description, shape):
        nonlocal key
        made = []
        for layer in description:
            key, one, two = jax.random.split(key, 3)
            if layer.kind == "reshape":
                shape = layer.size
                made.append(())
                continue
            if layer.kind == "dense":
                inputs = 1
                for extent in shape:
                    inputs *= extent
                form, fan, shape = (inputs, layer.size), inputs, (layer.size,)
            else:
                fan = shape[0] * layer.kernel**2
                if layer.kind == "conv":
                    form = (layer.size, shape[0], layer.kernel, layer.kernel)
                    extents = [(e + 2 * layer.pad - layer.kernel) // layer.stride + 1 for e in shape[1:]]
                else:
                    form = (layer.size, shape[0], layer.kernel, layer.kernel)
                    extents = [
                        (e - 1) * layer.stride - 2 * layer.pad + layer.kernel + layer.output_padding
                        for e in shape[1:]]
                shape = (layer.size, *extents)
            bound = fan**-0.5
            made.append((jax.random.uniform(one, form, minval=-bound, maxval=bound),
                         jax.random.uniform(two, (layer.size,), minval=-bound, maxval=bound)))
        return made, shape

    def half(description, parameters, h, ends_open):
        for number, (layer, parameter) in enumerate(zip(description, parameters)):
            if layer.kind == "reshape":
                h = h.reshape(len(h), *layer.size)
                continue
            weight, bias = parameter
            if layer.kind == "dense":
                h = h.reshape(len(h), -1) @ weight + bias
            else:
                low = layer.pad if layer.kind == "conv" else layer.kernel - 1 - layer.pad
                high = low if layer.kind == "conv" else low + layer.output_padding
                h = lax.conv_general_dilated(
                    h, weight, (layer.stride,) * 2 if layer.kind == "conv" else (1, 1), [(low, high)] * 2,
                    lhs_dilation=None if layer.kind == "conv" else (layer.stride,) * 2,
                    dimension_numbers=("NCHW", "OIHW", "NCHW")) + bias[:, None, None]
            is_last = all(other.kind == "reshape" for other in description[number + 1:])
            if not (ends_open and is_last):
                h = jax.nn.relu(h)
        return h

    from yardsticks import dense
    encoder, shape = weights(model.encoder, model.image)
    mean, _ = weights([dense(model.latent)], shape)
    logvar, _ = weights([dense(model.latent)], shape)
    decoder, _ = weights(model.decoder, (model.latent,))
    parameters = {"encoder": encoder, "mean": mean[0], "logvar": logvar[0], "decoder": decoder}

    def head(parameter, h):
        return h.reshape(len(h), -1) @ parameter[0] + parameter[1]

    @jax.jit
    def reconstruct(p, x):
        h = half(model.encoder, p["encoder"], x, False)
        y = half(model.decoder, p["decoder"], head(p["mean"], h), True)
        return y if model.loss == "half_square" else jax.nn.sigmoid(y)

    def loss(p, x, key):
        h = half(model.encoder, p["encoder"], x, False)
        mean = head(p["mean"], h)
        if not model.variational:
            return jnp.mean((jax.nn.sigmoid(half(model.decoder, p["decoder"], mean, True)) - x) ** 2)
        logvar = head(p["logvar"], h)
        z = mean + jax.random.normal(key, mean.shape) * jnp.exp(0.5 * logvar)
        y = half(model.decoder, p["decoder"], z, True)
        if model.loss == "bernoulli":
            fit = jnp.sum(jax.nn.softplus(y) - x * y)
        else:
            fit = 0.5 * jnp.sum((y - x) ** 2)
        return (fit + 0.5 * jnp.sum(mean**2 + jnp.exp(logvar) - 1 - logvar)) / len(x)

    def train(state, x):
        p, m, v, key, number = state
        key, noise = jax.random.split(key)
        value, gradient = jax.value_and_grad(loss)(p, x, noise)
        number = number + 1
        m = jax.tree.map(lambda a, g: 0.9 * a + 0.1 * g, m, gradient)
        v = jax.tree.map(lambda a, g: 0.999 * a + 0.001 * g * g, v, gradient)

        def update(p, a, b):
            return p - 1e-3 * (a / (1 - 0.9**number)) / (jnp.sqrt(b / (1 - 0.999**number)) + 1e-8)

        return (jax.tree.map(update, p, m, v), m, v, key, number), value

    images = jax.random.uniform(jax.random.PRNGKey(2), (4, batch, *model.image))
    if options.task == "infer":
        reconstruct(parameters, images[0]).block_until_ready()
        print(f"{timing.seconds_of(lambda: reconstruct(parameters, images[0]).block_until_ready(), options.seconds):.9f}")
        return
    train = jax.jit(train, donate_argnums=0)
    zeros = jax.tree.map(jnp.zeros_like, parameters)
    state = (parameters, zeros, jax.tree.map(jnp.zeros_like, parameters), key, jnp.float32(0))
    batches = list(images)
    number = 0

    def step():
        nonlocal state, number
        state, value = train(state, batches[number % 4])
        number += 1
        return float(value)

    timing.train(step, batch, options)


if __name__ == "__main__":
    main()
