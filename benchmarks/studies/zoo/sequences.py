"""Bodies over rows, patches and plain vectors: from an image (28, 28, 1) in 0..1 to features; and every activation."""

import functools
from collections.abc import Callable

import keras
from benchmarks.studies.zoo.convolutions import conv
from keras import layers, ops

Tensor = keras.KerasTensor


def rows(x: Tensor) -> Tensor:
    return layers.Reshape((28, 28))(x)


def perceptron(x: Tensor) -> Tensor:
    return layers.Dense(32, activation="relu")(layers.Dense(64, activation="relu")(layers.Flatten()(x)))


def normalized_perceptron(x: Tensor) -> Tensor:
    x = layers.BatchNormalization()(layers.Dense(64)(layers.Flatten()(x)))
    return layers.Dense(32, activation="relu")(layers.Dropout(0.2)(layers.ReLU()(x)))


def linear(x: Tensor) -> Tensor:
    return layers.Flatten()(x)


def mixer(x: Tensor) -> Tensor:
    x = layers.Reshape((16, 16))(layers.Conv2D(16, 7, 7)(x))
    y = layers.Permute((2, 1))(layers.Dense(16, activation="gelu")(layers.Permute((2, 1))(x)))
    return layers.Dense(16, activation="gelu")(layers.LayerNormalization()(layers.Add()([x, y])))


def dense_rows(x: Tensor) -> Tensor:
    return layers.Dense(16, activation="relu")(rows(x))


def time_distributed(x: Tensor) -> Tensor:
    return layers.TimeDistributed(layers.Dense(16, activation="relu"))(rows(x))


def pointwise(x: Tensor) -> Tensor:
    return layers.Dense(8, activation="relu")(conv()(x))


def rows_convolved(x: Tensor) -> Tensor:
    return layers.MaxPooling1D()(layers.Conv1D(16, 3, activation="relu")(rows(x)))


def rows_dilated(x: Tensor) -> Tensor:
    return layers.Conv1D(8, 3, activation="relu")(layers.Conv1D(16, 3, dilation_rate=2, activation="relu")(rows(x)))


def rows_causal(x: Tensor) -> Tensor:
    return layers.GlobalMaxPooling1D()(layers.Conv1D(32, 3, padding="causal", dilation_rate=2)(rows(x)))


def rows_separable(x: Tensor) -> Tensor:
    return layers.AveragePooling1D()(layers.SeparableConv1D(16, 3, activation="relu")(rows(x)))


def rows_transposed(x: Tensor) -> Tensor:
    return layers.Conv1DTranspose(8, 3, 2, activation="relu")(rows(x))


def einsum(x: Tensor) -> Tensor:
    return layers.EinsumDense("abc,cd->abd", output_shape=(None, 16), activation="relu")(rows(x))


def lstm(x: Tensor) -> Tensor:
    return layers.LSTM(24)(rows(x))


def gru(x: Tensor) -> Tensor:
    return layers.GRU(24)(rows(x))


def simple_rnn(x: Tensor) -> Tensor:
    return layers.SimpleRNN(24)(rows(x))


def stacked_lstm(x: Tensor) -> Tensor:
    return layers.LSTM(16)(layers.LSTM(16, return_sequences=True)(rows(x)))


def bidirectional(x: Tensor) -> Tensor:
    return layers.Bidirectional(layers.GRU(16))(rows(x))


def unrolled(x: Tensor) -> Tensor:
    return layers.SimpleRNN(24, unroll=True)(rows(x))


def convolved_lstm(x: Tensor) -> Tensor:
    return layers.LSTM(16)(layers.Conv1D(16, 3, 2, activation="relu")(rows(x)))


def attention(x: Tensor) -> Tensor:
    x = layers.Dense(16)(rows(x))
    return layers.GlobalAveragePooling1D()(layers.Add()([x, layers.MultiHeadAttention(2, 8)(x, x)]))


def transformer(x: Tensor) -> Tensor:
    x = layers.Reshape((16, 16))(layers.Conv2D(16, 7, 7)(x))
    y = layers.LayerNormalization()(x)
    x = layers.Add()([x, layers.MultiHeadAttention(2, 8)(y, y)])
    y = layers.Dense(32, activation="gelu")(layers.LayerNormalization()(x))
    return layers.GlobalAveragePooling1D()(layers.Add()([x, layers.Dense(16)(y)]))


def dot_attention(x: Tensor) -> Tensor:
    x = layers.Dense(16)(rows(x))
    return layers.Attention()([x, x])


def grouped_attention(x: Tensor) -> Tensor:
    x = layers.Dense(16)(rows(x))
    return layers.GroupQueryAttention(8, 2, 1)(x, x)


def root_mean_square(x: Tensor) -> Tensor:
    return layers.RMSNormalization()(layers.Dense(16)(rows(x)))


def dotted(x: Tensor) -> Tensor:
    x = layers.Dense(8, activation="relu")(rows(x))
    return layers.Dot(axes=1)([x, x])


def repeated(x: Tensor) -> Tensor:
    return layers.Conv1D(8, 2)(layers.RepeatVector(3)(layers.Dense(32, activation="relu")(layers.Flatten()(x))))


def squashed(x: Tensor) -> Tensor:
    """Capsules without routing: vectors squashed to a length below one."""
    x = layers.Reshape((-1, 8))(conv(16, 5, 4)(x))
    norm = ops.sum(ops.square(x), axis=-1, keepdims=True)
    return x * (ops.sqrt(norm + 1e-7) / (1 + norm))


def nested(x: Tensor) -> Tensor:
    inner = keras.Sequential([keras.Input((13, 13, 8)), conv(16), layers.Flatten(), layers.Dense(32)])
    return inner(conv()(x))


def clipped(x: Tensor) -> Tensor:
    return ops.clip(layers.Dense(64)(layers.Flatten()(x)), -1.0, 1.0)


def _activated(name: str, x: Tensor) -> Tensor:
    return conv(8, activation=name)(conv(activation=name)(x))


def _layered(layer: Callable[[], keras.layers.Layer], x: Tensor) -> Tensor:
    return conv(8, activation=None)(layer()(conv(activation=None)(x)))


ACTIVATIONS = (
    *("relu", "relu6", "leaky_relu", "elu", "selu", "gelu", "silu", "mish", "softplus", "softsign", "tanh", "sigmoid"),
    *("hard_sigmoid", "hard_silu", "exponential", "celu", "squareplus", "sparse_plus", "log_sigmoid", "hard_tanh"),
)
BODIES = {
    name: value
    for name, value in list(globals().items())
    if callable(value) and getattr(value, "__module__", "") == __name__ and name != "rows" and name[0] != "_"
}
BODIES |= {f"activation {name}": functools.partial(_activated, name) for name in ACTIVATIONS}
BODIES |= {
    "activation PReLU": functools.partial(_layered, layers.PReLU),
    "activation softmax": functools.partial(_layered, layers.Softmax),
}
