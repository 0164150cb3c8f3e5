"""The page reader's network: 3x3 convolutions down to stride 16 and back up to 4."""

from typing import Any

import keras
import numpy as np
from keras import ops

# Heat maps in training: ten digits, digits that are too small, letters and signs. Then the box.
Tensor = Any
layers: Any = keras.layers

# A rectified Gaussian has a variance of 0.34; this keeps the signal's at 1 from layer to layer.
RELU_GAIN = 1.7139


@keras.saving.register_keras_serializable("edgedigits")
class StandardizedConv(keras.layers.Layer):  # type: ignore[misc]
    """A convolution whose kernel is standardized for each filter, times a trained gain: no batch normalization.

    Weight standardization as in Brock, De and Smith, "Characterizing signal propagation to close the performance gap
    in unnormalized ResNets" (2021, https://arxiv.org/abs/2101.08692). Statistics of weights cost nothing where those of
    activations cost more than the convolutions do; and what is exported is a plain convolution (see `plain`).
    """

    def __init__(self, filters: int, size: int = 3, strides: int = 1, dilation: int = 1, gain: float = 1.0, **options):  # type: ignore[no-untyped-def]
        super().__init__(**options)
        self.filters, self.size, self.strides, self.dilation, self.start = filters, size, strides, dilation, gain

    def build(self, shape: tuple[int | None, ...]) -> None:
        form = (self.size, self.size, shape[-1], self.filters)
        self.kernel = self.add_weight(shape=form, initializer="he_normal", name="kernel")
        self.gain = self.add_weight(
            shape=(self.filters,), initializer=keras.initializers.Constant(self.start), name="gain"
        )
        self.bias = self.add_weight(shape=(self.filters,), initializer="zeros", name="bias")

    def standardized(self) -> Tensor:
        """The kernel that the convolution runs with, float32 (size, size, channels in, filters)."""
        kernel = ops.cast(ops.convert_to_tensor(self.kernel), "float32")
        centred = kernel - ops.mean(kernel, axis=(0, 1, 2), keepdims=True)
        energy = ops.sum(ops.square(centred), axis=(0, 1, 2), keepdims=True)
        return centred * ops.rsqrt(energy + 1e-4) * (RELU_GAIN * ops.cast(self.gain, "float32"))

    def call(self, x: Tensor) -> Tensor:
        kernel = ops.cast(self.standardized(), x.dtype)
        x = ops.conv(x, kernel, strides=self.strides, padding="same", dilation_rate=self.dilation)
        return x + ops.cast(self.bias, x.dtype)

    def get_config(self) -> dict[str, Any]:
        """As Keras wants it."""
        own = {"filters": self.filters, "size": self.size, "strides": self.strides, "dilation": self.dilation}
        return {**super().get_config(), **own, "gain": self.start}


def build_reader(outputs: int, plain: bool = False, side: int | None = None) -> keras.Model:
    """The page reader's network, untrained.

    Args:
        outputs: channels of the output.
        plain: with ordinary convolutions, as `plain_copy` fills them.
        side: the input's height and width; None leaves them free.

    Returns:
        a model from `image`, float32 (N, height, width, 1), levels 0..255 as `normalize` makes them, to `page`,
        float32 (N, height / 4, width / 4, outputs).
    """

    def conv(
        x: Tensor, name: str, filters: int, size: int = 3, strides: int = 1, dilation: int = 1, gain: float = 1.0
    ) -> Tensor:
        if plain:
            return layers.Conv2D(filters, size, strides=strides, dilation_rate=dilation, padding="same", name=name)(x)
        return StandardizedConv(filters, size, strides, dilation, gain, name=name)(x)

    def act(*arguments: Any, **options: Any) -> Tensor:
        return layers.ReLU()(conv(*arguments, **options))

    def residual(x: Tensor, name: str, dilation: int = 1) -> Tensor:
        inner = act(x, f"{name}_1", x.shape[-1], dilation=dilation)
        return layers.ReLU()(layers.Add()([x, conv(inner, f"{name}_2", x.shape[-1], gain=0.4)]))

    image = keras.Input((side, side, 1), name="image")
    x = layers.Rescaling(1 / 64, offset=-2, name="centred")(image)
    x = act(x, "at2", 16, strides=2)
    fine = residual(act(x, "at4", 24, strides=2), "at4_residual")
    middle = residual(act(fine, "at8", 48, strides=2), "at8_residual")
    x = act(middle, "at16", 64, strides=2)
    x = residual(x, "at16_wide", dilation=2)
    x = residual(x, "at16_residual")
    # Sub-pixel convolution (Shi et al. 2016): unlike a resize it has no size of its own, so that the exported network
    # takes a picture of any size.
    x = ops.depth_to_space(act(x, "at16_up", 4 * 32, size=1), 2)
    x = act(layers.Concatenate()([middle, x]), "down8", 48)
    x = ops.depth_to_space(act(x, "at8_up", 4 * 32, size=1), 2)
    x = act(layers.Concatenate()([fine, x]), "down4", 40)
    x = residual(x, "down4_residual")
    # Heat starts out rare: the bias of Lin et al., "Focal Loss for Dense Object Detection", 2017.
    bias = np.full(outputs, -4.6, np.float32)
    bias[-4:] = 0
    start = keras.initializers.Constant(bias.tolist())
    page = layers.Conv2D(outputs, 1, bias_initializer=start, dtype="float32", name="page")(x)
    return keras.Model(image, page, name="reader")


def plain_copy(model: keras.Model) -> keras.Model:
    """The same network with ordinary convolutions: what ships, and what is exported."""
    copy = build_reader(model.output_shape[-1], plain=True)
    for layer in model.layers:
        if isinstance(layer, StandardizedConv):
            kernel = np.asarray(ops.convert_to_numpy(layer.standardized()))
            copy.get_layer(layer.name).set_weights([kernel, np.asarray(ops.convert_to_numpy(layer.bias))])
        elif layer.name == "page":
            copy.get_layer("page").set_weights(layer.get_weights())
    return copy


def start_from(model: keras.Model, plain: keras.Model) -> None:
    """Give a network in training the weights of a plain one: `plain_copy` undone."""
    for layer in model.layers:
        if isinstance(layer, StandardizedConv):
            kernel, bias = plain.get_layer(layer.name).get_weights()
            size = np.sqrt((kernel**2).sum((0, 1, 2)))
            # of unit size, so that training moves it as it moves a fresh one
            layer.set_weights([kernel / np.maximum(size, 1e-6), size / RELU_GAIN, bias])
        elif layer.name == "page":
            layer.set_weights(plain.get_layer("page").get_weights())
