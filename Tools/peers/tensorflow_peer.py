"""A yardstick model in TensorFlow: prints images per second of training, or seconds of a call of reconstruction.

Usage: tensorflow_peer.py MODEL train|infer [--style function|jit|keras] [--threads N] [--batch N] [--seconds S] [--steps N]
                          [--weights]

`function` is a step written with GradientTape in a tf.function, `jit` the same through XLA, `keras` is Model.fit, which trains
only. Layers are those of Keras, in its layout (NHWC). Images are random, and in memory.

Where the model pads by one, the layers have padding="same", as one writes it. With stride 2 and a kernel of 3 TensorFlow then
puts the padding behind the image and not before it: the same shapes and work, in a mirror. `agreement.py` shows that.
"""

import os
import time

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
os.environ.setdefault("KERAS_BACKEND", "tensorflow")

import keras
import numpy
import tensorflow as tf
from keras import layers

import timing
from yardsticks import YARDSTICKS


def half(description, is_image, ends_open):
    """The layers of one half, for images or rows; behind the last is no ReLU where it ends open."""
    made = []
    computing = [layer for layer in description if layer.kind in ("conv", "deconv", "dense")]
    for layer in description:
        if layer.kind == "reshape":
            channels, height, width = layer.size
            made.append(layers.Reshape((height, width, channels)))
            is_image = True
            continue
        if layer.kind == "pool":
            made.append(layers.AveragePooling2D(layer.size))
            continue
        if layer.kind == "dense":
            if is_image:
                made.append(layers.Flatten())
                is_image = False
            made.append(layers.Dense(layer.size))
        else:
            kind = layers.Conv2D if layer.kind == "conv" else layers.Conv2DTranspose
            made.append(kind(layer.size, layer.kernel, layer.stride, "same" if layer.pad else "valid"))
        if layer.norm:
            # PyTorch's numbers: its momentum, 0.1, is what the new statistics count.
            made.append(layers.BatchNormalization(momentum=0.9, epsilon=1e-5))
        if not (ends_open and layer is computing[-1]):
            made.append(layers.ReLU())
    return made


class Network(keras.Model):
    def __init__(self, model):
        super().__init__()
        self.model = model
        channels, height, width = model.image
        # Flatten leaves rows as they are.
        self.encoder = keras.Sequential(
            [keras.Input((height, width, channels)), *half(model.encoder, True, False), layers.Flatten()])
        self.mean = layers.Dense(model.latent)
        self.logvar = layers.Dense(model.latent) if model.variational else None
        self.decoder = keras.Sequential([keras.Input((model.latent,)), *half(model.decoder, False, True)])
        self.mean.build(self.encoder.output_shape)
        if self.logvar is not None:
            self.logvar.build(self.encoder.output_shape)
        if self.decoder.output_shape[1:] != (height, width, channels):
            raise ValueError(f"the decoder gives {self.decoder.output_shape[1:]}")

    def codes(self, x, training=False):
        h = self.encoder(x, training=training)
        return self.mean(h), None if self.logvar is None else self.logvar(h)

    def call(self, x, training=False):
        """What training needs: the decoder's output and the parameters of the posterior."""
        mean, logvar = self.codes(x, training)
        z = mean
        if logvar is not None:
            z = mean + tf.random.normal(tf.shape(mean)) * tf.exp(0.5 * logvar)
        return self.decoder(z, training=training), mean, logvar

    def reconstruct(self, x):
        y = self.decoder(self.codes(x)[0])
        return y if self.model.loss == "half_square" else tf.sigmoid(y)


class Autoencoder(Network):
    """For Model.fit: the loss is that of the reconstruction, and the model adds the KL to it."""

    def call(self, x, training=False):
        y, mean, logvar = super().call(x, training)
        if logvar is not None:
            self.add_loss(divergence(mean, logvar) / images(mean))
        return y


def images(x):
    return tf.cast(tf.shape(x)[0], tf.float32)


def divergence(mean, logvar):
    return 0.5 * tf.reduce_sum(mean**2 + tf.exp(logvar) - 1 - logvar)


def fit_of(model, x, y):
    """The loss of the reconstruction."""
    if model.loss == "mean_square":
        return tf.reduce_mean((tf.sigmoid(y) - x) ** 2)
    if model.loss == "bernoulli":
        fit = tf.reduce_sum(tf.nn.sigmoid_cross_entropy_with_logits(x, y))
    else:
        fit = 0.5 * tf.reduce_sum((y - x) ** 2)
    return fit / images(x)


def loss_of(model, x, y, mean, logvar):
    fit = fit_of(model, x, y)
    return fit if logvar is None else fit + divergence(mean, logvar) / images(x)


class Clock(keras.callbacks.Callback):
    """Counts what Model.fit does in a time, after some that does not count."""

    def __init__(self, seconds, steps):
        super().__init__()
        self.seconds, self.steps = seconds, steps
        self.made = self.counted = 0

    def on_train_batch_end(self, batch, logs=None):
        now = time.perf_counter()
        self.made += 1
        # The first step compiles.
        if self.made == 1:
            self.first = now
        if self.counted == 0 and now - self.first < self.seconds / 3:
            self.begin = now
        else:
            self.counted += 1
            self.each = (now - self.begin) / self.counted
        if self.made == self.steps or (self.counted > 0 and now - self.begin >= self.seconds):
            self.model.stop_training = True


def train_with_fit(model, batch, options):
    network = Autoencoder(model)
    network.compile(optimizer=keras.optimizers.Adam(1e-3), loss=lambda x, y: fit_of(model, x, y))
    channels, height, width = model.image
    # More batches than the others' four where the rate is measured: an epoch of fit has a beginning and an end that take time.
    batches = 4 if options.steps else 64
    x = numpy.random.default_rng(1).random((batches * batch, height, width, channels), numpy.float32)
    clock = Clock(options.seconds, options.steps)
    network.fit(x, x, batch_size=batch, epochs=1_000_000, verbose=0, callbacks=[clock])
    return clock


def main():
    parser = timing.arguments_of(YARDSTICKS, ["function", "jit", "keras"])
    parser.add_argument("--weights", action="store_true", help="print the number of trained weights alone")
    options = parser.parse_args()
    if options.style == "keras" and options.task == "infer":
        parser.error("keras trains only")
    # XLA takes as many threads as the process may use processors.
    os.sched_setaffinity(0, set(sorted(os.sched_getaffinity(0))[:options.threads]))
    tf.config.threading.set_intra_op_parallelism_threads(options.threads)
    tf.config.threading.set_inter_op_parallelism_threads(options.threads)
    keras.utils.set_random_seed(1)
    model = YARDSTICKS[options.model]
    batch = options.batch or model.batch
    channels, height, width = model.image
    if options.style == "keras" and not options.weights:
        clock = train_with_fit(model, batch, options)
        if options.steps is None:
            print(f"{batch / clock.each:.1f}")
        return
    network = Network(model)
    if options.weights:
        print(sum(int(tf.size(weight)) for weight in network.trainable_weights))
        return
    compiled = tf.function(jit_compile=options.style == "jit")
    batches = [tf.random.uniform((batch, height, width, channels)) for _ in range(4)]
    if options.task == "infer":
        run = compiled(network.reconstruct)
        run(batches[0])
        print(f"{timing.seconds_of(lambda: run(batches[0]), options.seconds):.9f}")
        return
    optimizer = keras.optimizers.Adam(1e-3)
    optimizer.build(network.trainable_variables)
    number = 0

    @compiled
    def train(x):
        with tf.GradientTape() as tape:
            loss = loss_of(model, x, *network(x, training=True))
        gradients = tape.gradient(loss, network.trainable_variables)
        optimizer.apply_gradients(zip(gradients, network.trainable_variables))
        return loss

    def step():
        nonlocal number
        x = batches[number % 4]
        number += 1
        return float(train(x))

    timing.train(step, batch, options)


if __name__ == "__main__":
    main()
