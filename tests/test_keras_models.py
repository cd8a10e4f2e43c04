"""Keras and TensorFlow: activations before losses that are told to expect logits."""

import pytest

from advisor.code.events import GradientsTaken, LossComputed
from advisor.code.library.names import canonical
from advisor.code.values import Activation, scale_of
from tests.abstract_programs import findings, program


def losses(text: str, entry: str = "the script") -> list[tuple[str, str, str | None]]:
    """Each loss that a program computes: its name, what it expects, what it is given."""
    found = program(text).events(LossComputed, entry)
    scales = [scale_of(event.prediction) for event in found]
    return [
        (str(event.name), event.expects, None if scale is None else scale.activation.value)
        for event, scale in zip(found, scales, strict=True)
    ]


# --- names --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("imports", "layer"),
    [
        ("from tensorflow import keras", "keras.layers.Dense"),
        ("import tensorflow as tf", "tf.keras.layers.Dense"),
        ("import tensorflow.compat.v1 as tf", "tf.keras.layers.Dense"),
        ("import tensorflow.keras as K", "K.layers.Dense"),
        ("from keras.layers import Dense", "Dense"),
        ("from keras.layers.core import Dense", "Dense"),
        ("from keras import layers", "layers.Dense"),
        ("from tensorflow.keras.layers import Dense as D", "D"),
        ("from tensorflow.python.keras.layers import Dense", "Dense"),
        ("from keras.layers import *", "Dense"),
        ("import tf_keras", "tf_keras.layers.Dense"),
    ],
)
def test_a_layer_is_the_same_whichever_way_it_is_imported(imports: str, layer: str) -> None:
    code = f"""
{imports}
from tensorflow.keras.models import Sequential
from tensorflow.keras.losses import SparseCategoricalCrossentropy
model = Sequential([{layer}(10, activation="softmax")])
model.compile("adam", SparseCategoricalCrossentropy(from_logits=True))
"""
    assert findings(code) == [(5, "NN201")]


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("tensorflow.keras.models.Sequential", "keras.Sequential"),
        ("keras.engine.training.Model", "keras.Model"),
        ("keras.layers.Input", "keras.Input"),
        ("keras.Layer", "keras.layers.Layer"),
        ("tensorflow.losses.BinaryCrossentropy", "keras.losses.BinaryCrossentropy"),
        ("keras.src.layers.core.dense.Dense", "keras.layers.Dense"),
        ("keras.optimizers.schedules.CosineDecay", "keras.optimizers.schedules.CosineDecay"),
        ("keras.applications.resnet50.ResNet50", "keras.applications.ResNet50"),
    ],
)
def test_keras_has_one_path_for_each_class(written: str, meant: str) -> None:
    assert canonical(written) == meant


# --- models that are built in different ways ----------------------------------------------

SEQUENTIAL_LIST = """
from tensorflow import keras
model = keras.Sequential([
    keras.layers.Flatten(input_shape=(28, 28)),
    keras.layers.Dense(128, activation="relu"),
    keras.layers.Dense(10, activation="softmax"),
])
model.compile(optimizer="adam", loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True))
"""


def test_a_softmax_layer_ends_a_list_of_layers() -> None:
    assert findings(SEQUENTIAL_LIST) == [(6, "NN201")]


def test_without_the_option_the_same_model_is_right() -> None:
    assert findings(SEQUENTIAL_LIST.replace("from_logits=True", "")) == []


def test_without_the_activation_the_same_loss_is_right() -> None:
    assert findings(SEQUENTIAL_LIST.replace(', activation="softmax"', "")) == []


def test_layers_are_added_one_by_one() -> None:
    code = """
    from keras.models import Sequential
    from keras.layers import Dense, Dropout
    from keras.losses import BinaryCrossentropy
    model = Sequential()
    model.add(Dense(16, activation="relu", input_dim=8))
    model.add(Dropout(0.5))
    model.add(Dense(1, activation="sigmoid"))
    model.compile(loss=BinaryCrossentropy(from_logits=True), optimizer="sgd")
    """
    assert findings(code) == [(8, "NN202")]


def test_star_imports_name_layers_and_models() -> None:
    code = """
    from keras.models import *
    from keras.layers import *
    from keras.losses import *
    x = Input((8,))
    model = Model(x, Dense(2, activation="softmax")(x))
    model.compile("adam", CategoricalCrossentropy(from_logits=True))
    """
    assert findings(code) == [(6, "NN201")]


def test_an_unknown_number_of_layers_before_the_last_one_does_not_matter() -> None:
    code = """
    from keras import Sequential, layers, losses
    def build(sizes):
        model = Sequential()
        for size in sizes:
            model.add(layers.Dense(size, activation="relu"))
        model.add(layers.Dense(3, activation="softmax"))
        model.compile("adam", losses.CategoricalCrossentropy(from_logits=True))
        return model
    """
    assert findings(code) == [(7, "NN201")]


def test_the_functional_api() -> None:
    code = """
    import tensorflow as tf
    inputs = tf.keras.Input(shape=(784,))
    x = tf.keras.layers.Dense(64, activation="relu")(inputs)
    outputs = tf.keras.layers.Dense(10, activation="softmax")(x)
    model = tf.keras.Model(inputs=inputs, outputs=outputs)
    model.compile(
        optimizer="adam",
        loss=tf.keras.losses.CategoricalCrossentropy(from_logits=True),
    )
    """
    assert findings(code) == [(5, "NN201")]


def test_a_new_head_on_the_output_of_a_ready_model() -> None:
    code = """
    from tensorflow.keras.applications import VGG16
    from tensorflow.keras.layers import Dense, GlobalAveragePooling2D
    from tensorflow.keras.models import Model
    from tensorflow.keras.losses import CategoricalCrossentropy
    base = VGG16(weights="imagenet", include_top=False)
    x = GlobalAveragePooling2D()(base.output)
    model = Model(base.input, Dense(5, activation="softmax")(x))
    model.compile("adam", CategoricalCrossentropy(from_logits=True))
    """
    assert findings(code) == [(8, "NN201")]


def test_a_ready_model_ends_in_softmax_unless_it_has_no_top_or_is_told() -> None:
    code = """
    from tensorflow import keras
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    wrong = keras.applications.ResNet50(weights=None, classes=10)
    wrong.compile("adam", loss)
    raw = keras.applications.ResNet50(weights=None, classes=10, classifier_activation=None)
    raw.compile("adam", loss)
    features = keras.applications.ResNet50(include_top=False)
    model = keras.Sequential([features, keras.layers.Flatten(), keras.layers.Dense(10)])
    model.compile("adam", loss)
    """
    assert findings(code) == [(4, "NN201")]


def test_a_subclassed_model() -> None:
    code = """
    import tensorflow as tf
    class Classifier(tf.keras.Model):
        def __init__(self):
            super().__init__()
            self.hidden = tf.keras.layers.Dense(32, activation="relu")
            self.scores = tf.keras.layers.Dense(4)
        def call(self, inputs, training=None):
            return tf.nn.softmax(self.scores(self.hidden(inputs)))
    model = Classifier()
    model.compile("adam", tf.keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    """
    assert findings(code) == [(9, "NN201")]


def test_a_class_that_is_a_stack_of_layers() -> None:
    code = """
    from keras import Sequential, layers, losses
    class Classifier(Sequential):
        def __init__(self, classes):
            super().__init__([layers.Dense(8, "relu"), layers.Dense(classes, activation="softmax")])
    model = Classifier(3)
    model.compile("adam", losses.CategoricalCrossentropy(from_logits=True))
    """
    assert findings(code) == [(5, "NN201")]


@pytest.mark.parametrize(
    "last",
    [
        'layers.Activation("softmax")',
        "layers.Softmax()",
        "layers.Dense(5, activation=keras.activations.softmax)",
        "layers.Dense(5, activation=tf.nn.softmax)",
        "layers.Activation(tf.nn.softmax)",
        "layers.Lambda(lambda x: tf.nn.softmax(x, axis=-1))",
        "layers.Dense(5, activation=lambda x: tf.nn.softmax(x))",
        'layers.Conv2D(5, 1, activation="softmax")',
        'layers.TimeDistributed(layers.Dense(5, activation="softmax"))',
        'keras.Sequential([layers.Dense(5, activation="softmax")])',
        'layers.Dense(5, activation="softmax"), layers.Reshape((5,))',
        'layers.Dense(5, "softmax")',
    ],
)
def test_softmax_in_any_form_is_a_softmax(last: str) -> None:
    code = f"""
import tensorflow as tf
from tensorflow import keras
from tensorflow.keras import layers
model = keras.Sequential([layers.Dense(9, "relu"), {last}])
model.compile("adam", keras.losses.CategoricalCrossentropy(from_logits=True))
"""
    assert findings(code) == [(5, "NN201")]


@pytest.mark.parametrize(
    "last",
    [
        "layers.Dense(5)",
        "layers.Dense(5, activation=None)",
        'layers.Dense(5, activation="linear")',
        'layers.Dense(5, activation="softmax"), layers.Dense(5)',
        "layers.Dense(5, activation=options.activation)",
        "layers.Dense(5, **options)",
        'layers.Dense(5, activation="softmax"), layers.BatchNormalization()',
        "hub.KerasLayer(address)",
        'layers.LSTM(5, activation="softmax")',
    ],
)
def test_what_is_no_softmax_for_sure_is_left_alone(last: str) -> None:
    code = f"""
import tensorflow_hub as hub
from tensorflow import keras
from tensorflow.keras import layers
from settings import options, address
model = keras.Sequential([layers.Dense(9, "relu"), {last}])
model.compile("adam", keras.losses.CategoricalCrossentropy(from_logits=True))
"""
    assert findings(code) == []


def test_a_model_that_a_function_builds() -> None:
    code = """
    from tensorflow import keras
    def head(classes, activation):
        return keras.layers.Dense(classes, activation=activation)
    def build(classes):
        return keras.Sequential([keras.layers.Dense(20, "relu"), head(classes, "softmax")])
    model = build(10)
    model.compile("adam", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    """
    assert findings(code) == [(4, "NN201")]


def test_a_parameters_default_is_nothing_certain() -> None:
    code = """
    from tensorflow import keras
    def build(activation="softmax", from_logits=True):
        model = keras.Sequential([keras.layers.Dense(10, activation=activation)])
        loss = keras.losses.SparseCategoricalCrossentropy(from_logits=from_logits)
        model.compile("adam", loss)
        return model
    """
    assert findings(code) == []


def test_an_activation_that_is_taken_away_again_does_no_harm() -> None:
    code = """
    from tensorflow import keras
    model = keras.Sequential([keras.layers.Dense(10, activation="softmax")])
    model.layers[-1].activation = keras.activations.linear
    model.compile("adam", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    """
    assert findings(code) == []


def test_a_popped_layer_is_no_longer_the_last_one() -> None:
    code = """
    from tensorflow import keras
    model = keras.Sequential([keras.layers.Dense(10), keras.layers.Softmax()])
    model.pop()
    model.compile("adam", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    """
    assert findings(code) == []


# --- losses -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "loss",
    [
        "keras.losses.CategoricalCrossentropy(from_logits=True)",
        "keras.losses.CategoricalCrossentropy(True)",
        "tf.losses.SparseCategoricalCrossentropy(from_logits=True)",
        "functools.partial(keras.losses.categorical_crossentropy, from_logits=True)",
        "lambda y, p: keras.losses.sparse_categorical_crossentropy(y, p, from_logits=True)",
        "lambda y, p: keras.backend.categorical_crossentropy(y, p, from_logits=True)",
        "lambda y, p: tf.nn.softmax_cross_entropy_with_logits(labels=y, logits=p)",
        "lambda y, p: tf.nn.sparse_softmax_cross_entropy_with_logits(y, p)",
        "keras.losses.get(keras.losses.CategoricalCrossentropy(from_logits=True))",
        "keras.losses.CategoricalFocalCrossentropy(from_logits=True)",
        "[keras.losses.CategoricalCrossentropy(from_logits=True)]",
        "Smoothed()",
    ],
)
def test_losses_that_apply_softmax_themselves(loss: str) -> None:
    code = f"""
import functools
import tensorflow as tf
from tensorflow import keras
class Smoothed(keras.losses.Loss):
    def call(self, y_true, y_pred):
        return keras.losses.categorical_crossentropy(y_true, y_pred, from_logits=True)
model = keras.Sequential([keras.layers.Dense(5, activation="softmax")])
model.compile(loss={loss})
"""
    assert findings(code) == [(8, "NN201")]


@pytest.mark.parametrize(
    "loss",
    [
        '"categorical_crossentropy"',
        '"sparse_categorical_crossentropy"',
        "keras.losses.CategoricalCrossentropy()",
        "keras.losses.CategoricalCrossentropy(from_logits=False)",
        "keras.losses.CategoricalCrossentropy(from_logits=settings.from_logits)",
        "keras.losses.CategoricalCrossentropy(**settings)",
        "keras.losses.categorical_crossentropy",
        "lambda y, p: keras.losses.sparse_categorical_crossentropy(y, p)",
        '"my_own_loss"',
        "build_loss()",
        "None",
        '{"main": keras.losses.CategoricalCrossentropy(from_logits=True)}',
        "[keras.losses.CategoricalCrossentropy(from_logits=True), None]",
    ],
)
def test_losses_that_expect_probabilities_or_cannot_be_told(loss: str) -> None:
    code = f"""
import tensorflow as tf
from tensorflow import keras
from settings import settings, build_loss
model = keras.Sequential([keras.layers.Dense(5, activation="softmax")])
model.compile(loss={loss})
"""
    assert findings(code) == []


def test_a_loss_is_called_with_the_targets_first() -> None:
    code = """
    import tensorflow as tf
    loss_object = tf.keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model = tf.keras.Sequential([tf.keras.layers.Dense(5, activation="softmax")])
    @tf.function
    def train_step(images, labels):
        with tf.GradientTape() as tape:
            loss = loss_object(labels, model(images, training=True))
        gradients = tape.gradient(loss, model.trainable_variables)
    """
    assert findings(code) == [(4, "NN201")]
    assert program(code).rows(GradientsTaken, "train_step") == [9]


def test_probabilities_as_targets_are_right() -> None:
    code = """
    import tensorflow as tf
    loss_object = tf.keras.losses.CategoricalCrossentropy(from_logits=True)
    def distil(teacher_logits, student_logits):
        return loss_object(tf.nn.softmax(teacher_logits / 4), student_logits / 4)
    """
    assert findings(code) == []


def test_sigmoid_before_the_logits_loss_of_tensorflow() -> None:
    code = """
    import tensorflow as tf
    def loss(logits, labels):
        scores = tf.sigmoid(logits)
        return tf.reduce_mean(
            tf.nn.sigmoid_cross_entropy_with_logits(labels=labels, logits=scores))
    """
    assert findings(code) == [(4, "NN202")]


def test_plain_numbers_are_scores_as_well() -> None:
    code = """
    import tensorflow as tf
    logits, labels = [[4.0, 2.0], [0.0, 5.0]], [[1.0, 0.0], [0.2, 0.8]]
    tf.nn.softmax_cross_entropy_with_logits(labels=labels, logits=tf.nn.softmax(logits))
    tf.nn.softmax_cross_entropy_with_logits(labels=labels, logits=logits)
    """
    assert findings(code) == [(4, "NN201")]


def test_the_raw_scores_beside_the_probabilities_are_right() -> None:
    code = """
    import tensorflow as tf
    def network(x, y):
        logits = tf.matmul(x, tf.Variable(tf.zeros([784, 10])))
        prediction = tf.nn.softmax(logits)
        loss = tf.nn.softmax_cross_entropy_with_logits(labels=y, logits=logits)
        return loss, prediction
    """
    assert findings(code) == []


def test_each_loss_says_what_it_expects_of_what_the_model_gives() -> None:
    code = """
    from keras import Sequential, layers, losses
    for_one = Sequential([layers.Dense(1, activation="sigmoid")])
    for_one.compile("adam", "binary_crossentropy")
    raw = Sequential([layers.Dense(1)])
    raw.compile("adam", loss="mse")
    raw.compile("adam", losses.BinaryCrossentropy(from_logits=True))
    """
    assert losses(code) == [
        ("binary_crossentropy", "probabilities", "sigmoid"),
        ("mse", "numbers", "logits"),
        ("BinaryCrossentropy(from_logits=True)", "binary_logits", "logits"),
    ]


def test_the_finding_names_the_option_and_points_at_the_loss() -> None:
    event = program(SEQUENTIAL_LIST).events(LossComputed)[0]
    assert event.name == "SparseCategoricalCrossentropy(from_logits=True)"
    assert (event.place.locate().row, event.place.locate().column) == (8, 38)
    scale = scale_of(event.prediction)
    assert scale is not None
    assert scale.activation is Activation.SOFTMAX
    assert scale.place is not None
    assert (scale.place.locate().row, scale.place.locate().column) == (6, 39)


# --- what is trained, and with what -------------------------------------------------------


def test_a_model_for_prediction_only_may_end_in_softmax() -> None:
    code = """
    import tensorflow as tf
    model = tf.keras.Sequential([tf.keras.layers.Dense(10)])
    model.compile("adam", tf.keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    model.fit(images, labels)
    for_users = tf.keras.Sequential([model, tf.keras.layers.Softmax()])
    for_users.predict(images)
    """
    assert findings(code) == []


TWICE = """
from tensorflow import keras
def run(images, labels, again):
    model = keras.Sequential([keras.layers.Dense(10, activation="softmax")])
    model.compile("adam", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    {between}
    model.compile("adam", keras.losses.SparseCategoricalCrossentropy())
    model.fit(images, labels)
"""


def test_the_last_compile_counts() -> None:
    assert findings(TWICE.format(between="model.summary()")) == []


def test_a_training_between_two_compiles_counts_as_well() -> None:
    assert findings(TWICE.format(between="model.fit(images, labels)")) == [(4, "NN201")]


def test_a_compile_that_may_not_happen_replaces_nothing() -> None:
    code = TWICE.format(between="if again:").replace(
        "\n    model.compile", "\n        model.compile"
    )
    code = code.replace("        model.compile", "    model.compile", 1)
    assert findings(code) == [(4, "NN201")]


def test_model_and_loss_that_are_chosen_together_are_right() -> None:
    code = """
    from tensorflow import keras
    def build(with_logits):
        if with_logits:
            model = keras.Sequential([keras.layers.Dense(10)])
            loss = keras.losses.CategoricalCrossentropy(from_logits=True)
        else:
            model = keras.Sequential([keras.layers.Dense(10, activation="softmax")])
            loss = keras.losses.CategoricalCrossentropy()
        model.compile("adam", loss=loss)
        return model
    """
    assert findings(code) == []


def test_several_outputs_are_left_alone() -> None:
    code = """
    from tensorflow import keras
    x = keras.Input((8,))
    first = keras.layers.Dense(3, activation="softmax")(x)
    second = keras.layers.Dense(1)(x)
    model = keras.Model(x, [first, second])
    model.compile("adam", keras.losses.CategoricalCrossentropy(from_logits=True))
    """
    assert findings(code) == []


def test_a_model_that_trains_itself_is_left_alone() -> None:
    code = """
    from tensorflow import keras
    class Own(keras.Model):
        def __init__(self):
            super().__init__()
            self.scores = keras.layers.Dense(3, activation="softmax")
        def call(self, x):
            return self.scores(x)
        def train_step(self, data):
            return {}
    model = Own()
    model.compile("adam", keras.losses.CategoricalCrossentropy(from_logits=True))
    """
    assert findings(code) == []


def test_on_the_backend_of_torch_a_model_is_a_module() -> None:
    code = """
    import torch, keras
    class Own(keras.Model):
        def __init__(self):
            super().__init__()
            self.scores = keras.layers.Dense(3)
        def call(self, x):
            return self.scores(x)
    model = Own()
    optimizer = torch.optim.Adam(model.parameters())
    loss_fn = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    for x, y in batches:
        model.zero_grad()
        loss_fn(y, model(x)).backward()
        optimizer.step()
    """
    assert findings(code) == []
    assert findings(code.replace("model.zero_grad()", "pass")) == [(14, "NN101")]


LABELS = """
from keras import Sequential, datasets, layers
(train, answers), held_out = datasets.cifar10.load_data()
model = Sequential([layers.Flatten(), layers.Dense(10, activation="softmax")])
model.compile(loss="LOSS")
model.fit(train / 255.0, ANSWERS)
"""


@pytest.mark.parametrize(
    ("loss", "given", "told"),
    [
        ("categorical_crossentropy", "answers[:40000]", True),
        ("sparse_categorical_crossentropy", "answers[:40000]", False),
        ("categorical_crossentropy", "keras.utils.to_categorical(answers, 10)", False),
    ],
)
def test_the_labels_of_well_known_data_sets_are_indices(loss: str, given: str, told: bool) -> None:
    text = "import keras" + LABELS.replace("LOSS", loss).replace("ANSWERS", given)
    assert ("NN207" in [code for _, code in findings(text)]) is told


@pytest.mark.parametrize(("told", "entered"), [("training=True", True), ("loud=True", False)])
def test_keras_tells_a_model_of_the_training_only_if_it_wants_to_know(
    told: str, entered: bool
) -> None:
    text = f"""
    import keras
    from keras import layers
    class Score(keras.Model):
        def __init__(self):
            super().__init__()
            self.last = layers.Dense(1)
        def call(self, inputs):
            return self.last(inputs)
    score = Score()
    keras.losses.binary_crossentropy(load(), score(load(), {told}))
    """
    assert ("NN203" in [code for _, code in findings(text)]) is entered


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ('{"class_name": "RMSprop", "config": {"learning_rate": 0.9}}', True),
        ('{"class_name": "RMSprop", "config": {"learning_rate": 0.001}}', False),
        ('"rmsprop"', False),
    ],
)
def test_an_optimizer_may_be_asked_for_by_its_name(asked: str, told: bool) -> None:
    program = f"""
import keras
from keras import layers

model = keras.Sequential([keras.Input((8,)), layers.Dense(9, "relu"), layers.Dense(3, "softmax")])
model.compile(optimizer=keras.optimizers.get({asked}), loss="sparse_categorical_crossentropy")
x, y = load()
model.fit(x, y, epochs=9)
"""
    assert ("NN606" in [code for _, code in findings(program)]) is told
