"""Data sets of tf.data, of Keras's folders and of Hugging Face: their rows, their order, their parts."""

import pytest

from tests.abstract_programs import findings, marked

TENSORFLOW = """\
import numpy as np
import tensorflow as tf
from tensorflow import keras
from sklearn.preprocessing import StandardScaler
X, y = np.load("x.npy"), np.load("y.npy")
def scaled(image, label):
    return image / 255.0, label
def augment(image, label):
    return tf.image.random_flip_left_right(image), label
model = keras.Sequential([keras.layers.Dense(1)])
model.compile("adam", "mse")
def fit(train, val):
    model.fit(train, validation_data=val, epochs=3)
"""
HUGGING_FACE = """\
from datasets import concatenate_datasets, load_dataset, Dataset
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler
def cleaned(row):
    return row
"""
SOURCE = "ds = tf.data.Dataset.from_tensor_slices((X, y))"
PARTS = "train_ds, val_ds = ds.skip(100), ds.take(100)"


def found(text: str) -> list[tuple[int, str]]:
    return [
        each
        for each in findings(text)
        if each[1].startswith("NN5") and each[1] not in {"NN507", "NN512"}
    ]


def check(start: str, text: str, code: str) -> None:
    assert found(start + text) == marked(start + text, code)


@pytest.mark.parametrize(
    "text",
    [
        f"{SOURCE}\nds = ds.shuffle(1000)  # error\n{PARTS}\n",
        f"{SOURCE}\nds = ds.shuffle(1000, seed=3)  # error\nds = ds.map(scaled)\n{PARTS}\n",
        f"{SOURCE}.map(scaled).shuffle(9, reshuffle_each_iteration=True)  # error\n{PARTS}\n",
        f"n = int(0.8 * 500)\n{SOURCE}.shuffle(500)  # error\ntrain_ds = ds.take(n)\nval_ds = ds.skip(n)\n",
    ],
)
def test_a_stream_is_not_shuffled_anew_before_it_is_divided(text: str) -> None:
    check(TENSORFLOW, text, "NN516")


@pytest.mark.parametrize(
    "text",
    [
        f"{SOURCE}.shuffle(1000, reshuffle_each_iteration=False)\n{PARTS}\n",
        f"{SOURCE}\n{PARTS}\ntrain_ds = train_ds.shuffle(1000)\n",
        f"{SOURCE}.shuffle(1000).cache()\n{PARTS}\n",
        f"{SOURCE}.shuffle(1000)\nfirst = ds.take(3)\nother = ds.skip(3)\n",
        f"{SOURCE}.shuffle(1000)\ntrain_ds = ds.take(3)\n",
    ],
)
def test_a_stream_that_stays_in_its_order_may_be_divided(text: str) -> None:
    check(TENSORFLOW, text, "NN516")


def test_what_was_fitted_on_the_rows_of_a_stream_is_followed_into_its_parts() -> None:
    text = f"X = StandardScaler().fit_transform(X)  # error\n{SOURCE}\n{PARTS}\n"
    check(TENSORFLOW, text, "NN503")


def test_held_out_streams_are_not_changed_at_random_nor_cut_off() -> None:
    text = f"{SOURCE}\n{PARTS}\nval_ds = val_ds.map(augment).batch(8)  # error\nfit(train_ds, val_ds)\n"
    check(TENSORFLOW, text, "NN505")
    text = f"{SOURCE}\n{PARTS}\nval_ds = val_ds.batch(8, drop_remainder=True)  # error\nfit(train_ds, val_ds)\n"
    check(TENSORFLOW, text, "NN515")
    text = f"{SOURCE}\n{PARTS}\ntrain_ds = train_ds.map(augment).batch(8, drop_remainder=True)\nfit(train_ds, val_ds)\n"
    check(TENSORFLOW, text, "NN505")


FOLDER = "keras.utils.image_dataset_from_directory"


@pytest.mark.parametrize(
    ("first", "second", "wrong"),
    [
        (
            "validation_split=0.2, subset='training', seed=1",
            "validation_split=0.2, subset='validation', seed=2",
            True,
        ),
        (
            "validation_split=0.2, subset='training', seed=1",
            "validation_split=0.3, subset='validation', seed=1",
            True,
        ),
        (
            "validation_split=0.2, subset='training', seed=1",
            "validation_split=0.2, subset='validation', seed=1",
            False,
        ),
        ("image_size=(64, 64)", "image_size=(64, 64)", True),
    ],
)
def test_the_parts_of_a_folder_fit_together(first: str, second: str, wrong: bool) -> None:
    text = (
        f"train_ds = {FOLDER}('flowers', {first})\n"
        f"val_ds = {FOLDER}('flowers', {second}){'  # error' if wrong else ''}\n"
    )
    check(TENSORFLOW, text, "NN516")
    check(
        TENSORFLOW, text.replace("'flowers'", "'flowers/val'", 1).replace("  # error", ""), "NN516"
    )


def test_a_model_is_not_judged_by_what_it_is_trained_on() -> None:
    fit = "model.fit(X, y, validation_data=(X[:100], y[:100]))  # error\n"
    check(TENSORFLOW, fit, "NN516")
    fit = (
        "train, val = X[100:], X[:100]\nmodel.fit(train, y[100:], validation_data=(val, y[:100]))\n"
    )
    check(TENSORFLOW, fit, "NN516")


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (
            (
                "texts = load_dataset('imdb', split='train')\n"
                "frame = texts.to_pandas()\n"
                "numbers = StandardScaler().fit_transform(frame[['length']])  # error\n"
                "from sklearn.model_selection import train_test_split\nA, B = train_test_split(numbers)\n"
            ),
            "NN503",
        ),
        (
            (
                "rows = load_dataset('imdb', split='train').shuffle(seed=1)\n"
                "train = rows.select(range(1000))\ntest = rows.select(range(900, 1200))  # error\n"
            ),
            "NN516",
        ),
        (
            (
                "rows = load_dataset('imdb', split='train').shuffle(seed=1)\n"
                "train = rows.select(range(1000))\ntest = rows.select(range(1000, 1200))\n"
            ),
            "NN516",
        ),
        (
            (
                "parts = load_dataset('imdb', split='train').train_test_split(test_size=0.2, seed=1)\n"
                "train = parts['train'].map(cleaned)\ntest = parts['test'].map(cleaned)\n"
                "words = TfidfVectorizer().fit(train['text'])\n"
                "model = LogisticRegression().fit(words.transform(train['text']), train['label'])\n"
                "print(model.score(words.transform(test['text']), test['label']))\n"
            ),
            "NN516",
        ),
        (
            (
                "parts = load_dataset('imdb', split='train').train_test_split(test_size=0.2, seed=1)\n"
                "train, test = parts['train'], parts['test']\n"
                "every = concatenate_datasets([train, test])\n"
                "words = TfidfVectorizer().fit(every['text'])  # error\n"
                "X_train, X_test = words.transform(train['text']), words.transform(test['text'])\n"
            ),
            "NN503",
        ),
        (
            (
                "parts = load_dataset('imdb')\n"
                "words = TfidfVectorizer()\nX_train = words.fit_transform(parts['train']['text'])\n"
                "X_test = words.fit_transform(parts['test']['text'])  # error\n"
                "LogisticRegression().fit(X_train, parts['train']['label'])\n"
            ),
            "NN519",
        ),
    ],
)
def test_the_parts_of_data_sets_of_hugging_face_are_followed(text: str, code: str) -> None:
    check(HUGGING_FACE, text, code)


def test_a_change_that_only_training_samples_go_through_is_none_of_held_out_ones() -> None:
    text = """
def prepared(ds, is_training):
    def change(image, label):
        if is_training:
            image = tf.image.random_flip_left_right(image)
        return image, label
    return ds.map(change).batch(8)
train_ds, val_ds = prepared(tf.data.Dataset.from_tensor_slices((X, y)), True), prepared(other, False)
val_ds = prepared(tf.data.Dataset.from_tensor_slices((np.load("v.npy"), np.load("w.npy"))), False)
fit(train_ds, val_ds)
"""
    assert not found(TENSORFLOW + text)


def test_rows_that_something_of_the_training_rows_is_taken_from_are_their_own() -> None:
    text = """
samples = read("samples.csv")
train_samples, val_samples = samples[:-100], samples[-100:]
middle = np.mean(train_samples, axis=0)
train_samples -= middle
val_samples -= middle
model.fit(train_samples, y, validation_data=(val_samples, y), epochs=3)
"""
    assert not found(TENSORFLOW + text)


def test_lists_that_are_divided_share_nothing() -> None:
    text = """
def clouds(folder):
    points, kinds = [], []
    for path in folder:
        points.append(load(path))
        kinds.append(kind(path))
    train_points, val_points = points[:80], points[80:]
    train_ds = tf.data.Dataset.from_tensor_slices((train_points, kinds[:80]))
    val_ds = tf.data.Dataset.from_tensor_slices((val_points, kinds[80:]))
    fit(train_ds.shuffle(80), val_ds)
"""
    assert not found(TENSORFLOW + text)


@pytest.mark.parametrize(
    ("steps", "tells"),
    [
        (".batch(8, drop_remainder=True)", True),
        (".padded_batch(batch_size=1, drop_remainder=True)", False),
        (".repeat(5).shuffle(99).batch(8, drop_remainder=True)", False),
        (".repeat().batch(8, drop_remainder=True)", False),
        (".repeat(1).batch(8, drop_remainder=True)", True),
        (".batch(8, drop_remainder=True).repeat(5)", True),
    ],
)
def test_samples_that_come_several_times_are_not_lost_with_a_batch(steps: str, tells: bool) -> None:
    text = f"{TENSORFLOW}{SOURCE}\n{PARTS}\nval_ds = val_ds{steps}\nfit(train_ds, val_ds)\n"
    assert bool([row for row, code in findings(text) if code == "NN515"]) is tells


JUDGES = """\
import tensorflow as tf
import tensorflow_datasets as tfds
from tensorflow import keras
def prepared(image, label):
    return tf.cast(image, tf.float32) / 255.0, label
{name} = tfds.load("kmnist", split="{part}", as_supervised=True).map(prepared).batch(64)
model = keras.models.load_model("signs.keras")
def share():
    metric = keras.metrics.SparseCategoricalAccuracy()
    for step, (x, y) in enumerate({name}):
        metric.update_state(y, model(x, training=False))
        if {condition}:
            break{mark}
    return metric.result().numpy()
print(share())
"""


@pytest.mark.parametrize(
    ("name", "part", "condition", "told"),
    [
        ("test_ds", "test", "step == 20", True),
        ("val_data", "validation", "step + 1 >= 20", True),
        ("train_ds", "train", "step == 20", False),
        ("test_ds", "test", "debug", False),
        ("test_ds", "test", "step >= max_steps", False),
    ],
)
def test_a_metric_is_not_read_after_some_batches_of_a_stream(
    name: str, part: str, condition: str, told: bool
) -> None:
    mark = "  # error" if told else ""
    check(JUDGES.format(name=name, part=part, condition=condition, mark=mark), "", "NN515")


STEPS = """
import keras
import tensorflow as tf
import tensorflow_datasets as tfds
(x, y), (x_test, y_test) = keras.datasets.mnist.load_data()
train = tf.data.Dataset.from_tensor_slices((x / 255.0, y)).shuffle(60_000).batch(50)
held_out = {data}
model = keras.Sequential([keras.layers.Flatten(), keras.layers.Dense(10)])
model.compile("adam", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
model.fit(train, epochs=3{fit})
print(model.evaluate(held_out, steps={steps}))
{rest}
"""
ARRAYS = "tf.data.Dataset.from_tensor_slices((x_test / 255.0, y_test)).batch(50)"
CATALOGUE = "tfds.load('mnist', split='test', as_supervised=True).batch(50)"


@pytest.mark.parametrize(
    ("data", "steps", "fit", "rest", "told"),
    [
        (ARRAYS, "10", "", "", True),
        (f"{ARRAYS}.prefetch(2)", "100 // 3", "", "", True),
        (CATALOGUE, "10", "", "", True),
        (ARRAYS, "200", "", "", False),
        (ARRAYS, "len(x_test) // 50", "", "", False),
        (f"{ARRAYS}.repeat()", "10", "", "", False),
        (f"{CATALOGUE}.repeat()", "10", "", "", False),
        (f"{ARRAYS}.filter(lambda a, b: b > 3)", "10", "", "", False),
        (ARRAYS, "10", ", validation_data=held_out", "", False),
        (ARRAYS, "10", "", "print(model.evaluate(held_out))", False),
        (ARRAYS, "None", "", "", False),
        (CATALOGUE, "10_000 // 50", "", "", False),
    ],
)
def test_a_number_of_steps_leaves_batches_out_of_the_one_score(
    data: str, steps: str, fit: str, rest: str, told: bool
) -> None:
    text = STEPS.format(data=data, steps=steps, fit=fit, rest=rest)
    assert ((11, "NN515") in findings(text)) is told
