"""Convolutional bodies: from an image (28, 28, 1) in 0..1 to features; every kind of layer that Keras has for them."""

import keras
from keras import layers, ops

Tensor = keras.KerasTensor


def conv(filters: int = 8, size: int = 3, strides: int = 2, **options: object) -> keras.layers.Layer:
    """A convolution as most bodies here use it."""
    return layers.Conv2D(filters, size, strides, **({"activation": "relu"} | options))


def reference(x: Tensor) -> Tensor:
    x = layers.MaxPooling2D()(conv(14, strides=1)(x))
    return layers.Dense(32, activation="relu")(layers.Flatten()(x))


def lenet(x: Tensor) -> Tensor:
    x = layers.AveragePooling2D()(layers.Conv2D(6, 5, padding="same", activation="tanh")(x))
    x = layers.AveragePooling2D()(layers.Conv2D(16, 5, activation="tanh")(x))
    return layers.Dense(84, activation="tanh")(layers.Dense(120, activation="tanh")(layers.Flatten()(x)))


def keras_io(x: Tensor) -> Tensor:
    x = layers.MaxPooling2D()(conv(16, strides=1)(x))
    x = layers.MaxPooling2D()(conv(32, strides=1)(x))
    return layers.Dropout(0.5)(layers.Flatten()(x))


def kaggle(x: Tensor) -> Tensor:
    x = conv(8, 5, 1, padding="same")(conv(8, 5, 1, padding="same")(x))
    x = layers.Dropout(0.25)(layers.MaxPooling2D()(x))
    x = conv(16, 3, 1, padding="same")(conv(16, 3, 1, padding="same")(x))
    return layers.Dense(64, activation="relu")(layers.Flatten()(layers.MaxPooling2D(strides=2)(x)))


def normalized(x: Tensor) -> Tensor:
    x = layers.ReLU()(layers.BatchNormalization()(conv(activation=None, use_bias=False)(x)))
    return layers.BatchNormalization()(conv(16)(x))


def before_activation(x: Tensor) -> Tensor:
    x = conv(activation=None)(x)
    return conv(8, activation=None)(layers.ReLU()(layers.BatchNormalization(scale=False)(x)))


def residual(x: Tensor) -> Tensor:
    x = conv(padding="same")(x)
    for _ in range(2):
        y = layers.BatchNormalization()(conv(strides=1, padding="same", activation=None)(x))
        x = layers.ReLU()(layers.Add()([x, y]))
    return layers.GlobalAveragePooling2D()(conv(16)(x))


def mobilenet(x: Tensor) -> Tensor:
    x = layers.ReLU(6)(layers.BatchNormalization()(conv(8, padding="same", activation=None)(x)))
    y = layers.ReLU(6)(layers.BatchNormalization()(layers.Conv2D(32, 1, use_bias=False)(x)))
    y = layers.ReLU(6)(layers.BatchNormalization()(layers.DepthwiseConv2D(3, padding="same", use_bias=False)(y)))
    y = layers.BatchNormalization()(layers.Conv2D(8, 1, use_bias=False)(y))
    return layers.AveragePooling2D(7)(layers.Add()([x, y]))


def squeeze_excite(x: Tensor) -> Tensor:
    x = conv(16)(x)
    gate = layers.GlobalAveragePooling2D(keepdims=True)(x)
    gate = layers.Conv2D(16, 1, activation="sigmoid")(layers.Conv2D(4, 1, activation="relu")(gate))
    return conv(8)(layers.Multiply()([x, gate]))


def inception(x: Tensor) -> Tensor:
    x = conv()(x)
    branches = [conv(4, size, 1, padding="same")(x) for size in (1, 3, 5)]
    pooled = layers.Conv2D(4, 1)(layers.MaxPooling2D(3, 1, padding="same")(x))
    return layers.MaxPooling2D()(layers.Concatenate()([*branches, pooled]))


def convnext(x: Tensor) -> Tensor:
    x = layers.LayerNormalization()(layers.Conv2D(16, 4, 4)(x))
    y = layers.LayerNormalization()(layers.DepthwiseConv2D(7, padding="same")(x))
    y = layers.Dense(16)(layers.Dense(32, activation="gelu")(y))
    return layers.GlobalAveragePooling2D()(layers.Add()([x, y]))


def dense_block(x: Tensor) -> Tensor:
    x = conv()(x)
    for _ in range(3):
        x = layers.Concatenate()([x, conv(4, 3, 1, padding="same")(layers.BatchNormalization()(x))])
    return layers.AveragePooling2D()(x)


def depthwise(x: Tensor) -> Tensor:
    return layers.DepthwiseConv2D(3, 2, activation="relu")(conv(16)(x))


def depth_multiplier(x: Tensor) -> Tensor:
    return layers.DepthwiseConv2D(3, 2, depth_multiplier=4, activation="relu")(conv(4)(x))


def separable(x: Tensor) -> Tensor:
    return layers.SeparableConv2D(16, 3, 2, activation="relu")(conv()(x))


def grouped(x: Tensor) -> Tensor:
    return conv(16, strides=1, groups=4)(conv()(x))


def grouped_dilated(x: Tensor) -> Tensor:
    return layers.Conv2D(16, 3, groups=2, dilation_rate=2)(conv()(x))


def transposed(x: Tensor) -> Tensor:
    return conv(4, 3, 4)(layers.Conv2DTranspose(4, 3, 2, activation="relu")(conv(8)(x)))


def dilated_same(x: Tensor) -> Tensor:
    return layers.MaxPooling2D()(layers.Conv2D(8, 3, dilation_rate=2, padding="same", activation="relu")(x))


def dilated_valid(x: Tensor) -> Tensor:
    return layers.MaxPooling2D()(layers.Conv2D(8, 3, dilation_rate=3, activation="relu")(x))


def dilated_depthwise(x: Tensor) -> Tensor:
    x = layers.DepthwiseConv2D(3, dilation_rate=2, depth_multiplier=4)(x)
    return layers.MaxPooling2D(4)(layers.ReLU()(layers.BatchNormalization()(x)))


def locally_padded(x: Tensor) -> Tensor:
    return conv()(layers.Cropping2D(1)(conv(strides=1)(layers.ZeroPadding2D(2)(x))))


def upsampled(x: Tensor) -> Tensor:
    return conv(8, 3, 3)(layers.UpSampling2D(interpolation="bilinear")(conv()(x)))


def resized(x: Tensor) -> Tensor:
    return conv()(layers.Resizing(20, 20)(x))


def pooled_first(x: Tensor) -> Tensor:
    return conv(padding="same")(layers.MaxPooling2D()(x))


def averaged_first(x: Tensor) -> Tensor:
    return conv(padding="same")(layers.AveragePooling2D()(x))


def normalized_first(x: Tensor) -> Tensor:
    return conv(padding="same")(layers.Normalization(mean=33.3, variance=6170.0)(x * 255))


def global_max(x: Tensor) -> Tensor:
    return layers.GlobalMaxPooling2D()(conv(32, 5)(x))


def max_and_average(x: Tensor) -> Tensor:
    x = conv(16)(x)
    return layers.Concatenate()([layers.GlobalMaxPooling2D()(x), layers.GlobalAveragePooling2D()(x)])


def split(x: Tensor) -> Tensor:
    left, right = ops.split(conv(16)(x), 2, axis=-1)
    return layers.Concatenate()([conv()(left), conv()(right)])


def shared(x: Tensor) -> Tensor:
    layer = conv(8, strides=1, padding="same")
    x = conv()(x)
    return layers.MaxPooling2D()(layers.Average()([layer(x), layer(layer(x))]))


def merged(x: Tensor) -> Tensor:
    left, right = conv()(x), conv()(x)
    both = [layers.Maximum()([left, right]), layers.Minimum()([left, right]), layers.Subtract()([left, right])]
    return layers.MaxPooling2D()(layers.Concatenate()(both))


def group_normalized(x: Tensor) -> Tensor:
    return conv(8)(layers.GroupNormalization(4)(conv()(x)))


def unit_normalized(x: Tensor) -> Tensor:
    return layers.UnitNormalization()(layers.Dense(64, activation="relu")(layers.Flatten()(conv(4)(x))))


def spectral(x: Tensor) -> Tensor:
    return layers.SpectralNormalization(layers.Conv2D(8, 3, 2, activation="relu"))(x)


def volume(x: Tensor) -> Tensor:
    x = layers.Reshape((7, 4, 28, 1))(x)
    return layers.MaxPooling3D((1, 1, 2))(layers.Conv3D(4, 3, activation="relu")(x))


def channels_permuted(x: Tensor) -> Tensor:
    return layers.Dense(16, activation="relu")(
        layers.Reshape((26, 208))(layers.Permute((2, 1, 3))(conv(8, strides=1)(x)))
    )


def augmented(x: Tensor) -> Tensor:
    x = layers.RandomTranslation(0.1, 0.1)(layers.RandomRotation(0.02)(layers.GaussianNoise(0.1)(x)))
    return conv(8)(layers.SpatialDropout2D(0.1)(conv()(x)))


BODIES = {
    name: value
    for name, value in list(globals().items())
    if callable(value) and getattr(value, "__module__", "") == __name__ and name != "conv"
}
