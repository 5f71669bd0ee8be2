"""The networks in Keras 2 (tf_keras), as keras-vggface and deepface write them; `width` is the first layer's channels."""

import numpy as np
from tf_keras import Model, Sequential, layers


def randomise(model, seed):
    """Weights under which values neither die nor grow, and batch statistics that matter."""
    random = np.random.default_rng(seed)
    for layer in model.layers:
        values = []
        for weight in layer.weights:
            shape, name = weight.shape.as_list(), weight.name
            if len(shape) > 1:
                values.append(random.normal(0, (2 / np.prod(shape[:-1])) ** 0.5, shape))
            elif "variance" in name:
                values.append(random.uniform(0.5, 1.5, shape))
            elif "gamma" in name:
                values.append(random.uniform(0.3, 0.9, shape))
            else:
                values.append(random.uniform(-0.2, 0.2, shape))
        layer.set_weights(values)
    return model


def vgg16(channels, hidden, size, classes, top=True):
    """keras-vggface. Returns the network and the part of it that ends in the embedding."""
    image = x = layers.Input((size, size, 3))
    for block, (depth, out) in enumerate(zip((2, 2, 3, 3, 3), channels), 1):
        for layer in range(1, depth + 1):
            x = layers.Conv2D(out, 3, activation="relu", padding="same", name=f"conv{block}_{layer}")(x)
        x = layers.MaxPooling2D(2, 2, name=f"pool{block}")(x)
    if not top:
        x = layers.GlobalAveragePooling2D()(x)
        return Model(image, x), Model(image, x)
    x = layers.Flatten(name="flatten")(x)
    x = layers.Activation("relu", name="fc6/relu")(layers.Dense(hidden, name="fc6")(x))
    embedding = layers.Activation("relu", name="fc7/relu")(layers.Dense(hidden, name="fc7")(x))
    x = layers.Activation("softmax", name="fc8/softmax")(layers.Dense(classes, name="fc8")(embedding))
    return Model(image, x), Model(image, embedding)


def deepface(channels, hidden, size, classes):
    """deepface's VGG16: convolutions only. Returns the network and the part of it that ends in the embedding."""
    model = Sequential()
    shape = {"input_shape": (size, size, 3)}
    for depth, out in zip((2, 2, 3, 3, 3), channels):
        for _ in range(depth):
            model.add(layers.ZeroPadding2D((1, 1), **shape))
            model.add(layers.Conv2D(out, (3, 3), activation="relu"))
            shape = {}
        model.add(layers.MaxPooling2D((2, 2), strides=(2, 2)))
    model.add(layers.Conv2D(hidden, (size // 32, size // 32), activation="relu"))
    model.add(layers.Dropout(0.5))
    model.add(layers.Conv2D(hidden, (1, 1), activation="relu"))
    model.add(layers.Dropout(0.5))
    model.add(layers.Conv2D(classes, (1, 1)))
    model.add(layers.Flatten())
    model.add(layers.Activation("softmax"))
    return model, Model(model.inputs, layers.Flatten()(model.layers[-5].output))


def resnet(width, gated, size, classes):
    """keras-vggface's resnet50 and senet50. Returns the network and the part of it that ends in the embedding."""
    norm = lambda name: layers.BatchNormalization(epsilon=1e-4 if gated else 1e-3, name=name + "/bn")

    def conv(x, out, kernel, name, **more):
        return norm(name)(layers.Conv2D(out, kernel, use_bias=False, name=name, **more)(x))

    def block(x, inner, stage, number, stride):
        start = f"conv{stage}_{number}"
        y = layers.ReLU()(conv(x, inner, 1, f"{start}_1x1_reduce", strides=stride))
        y = layers.ReLU()(conv(y, inner, 3, f"{start}_3x3", padding="same"))
        y = conv(y, 4 * inner, 1, f"{start}_1x1_increase")
        if gated:
            gates = layers.Reshape((1, 1, 4 * inner))(layers.GlobalAveragePooling2D()(y))
            gates = layers.ReLU()(layers.Conv2D(4 * inner // 16, 1, name=f"{start}_1x1_down")(gates))
            gates = layers.Activation("sigmoid")(layers.Conv2D(4 * inner, 1, name=f"{start}_1x1_up")(gates))
            y = layers.Multiply()([y, gates])
        if number == 1:
            x = conv(x, 4 * inner, 1, f"{start}_1x1_proj", strides=stride)
        return layers.ReLU()(layers.Add()([y, x]))

    image = layers.Input((size, size, 3))
    x = layers.ReLU()(conv(image, width, 7, "conv1/7x7_s2", strides=2, padding="same"))
    x = layers.MaxPooling2D(3, 2)(x)
    for stage, depth in enumerate((3, 4, 6, 3), 2):
        for number in range(1, depth + 1):
            x = block(x, width << (stage - 2), stage, number, 2 if stage > 2 and number == 1 else 1)
    embedding = layers.Flatten()(layers.AveragePooling2D(7, name="avg_pool")(x))
    x = layers.Dense(classes, activation="softmax", name="classifier")(embedding)
    return Model(image, x), Model(image, embedding)
