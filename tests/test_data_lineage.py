"""Where samples come from, and what may not happen to them before they are divided."""

from textwrap import dedent, indent

import pytest

from advisor.code.analysis import Project, analyze
from advisor.code.events import RowsSplit
from advisor.code.sources import Source
from advisor.findings import Finding
from advisor.rulebook import rulebook
from tests.abstract_programs import program

RULES = [rule for rule in rulebook("code").rules if rule.code in {"NN501", "NN502", "NN503"}]
IMPORTS = """\
import cv2
import numpy as np
import pandas as pd
import torch
from imblearn.over_sampling import SMOTE, RandomOverSampler
from scipy import sparse
from sklearn import preprocessing
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.compose import ColumnTransformer
from sklearn.datasets import load_digits, load_iris, make_classification
from sklearn.decomposition import PCA
from sklearn.feature_extraction.text import CountVectorizer, TfidfTransformer, TfidfVectorizer
from sklearn.feature_selection import SelectKBest
from sklearn.impute import KNNImputer, SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import (
    GridSearchCV, GroupKFold, KFold, StratifiedShuffleSplit, cross_val_predict, cross_val_score, train_test_split
)
from sklearn.pipeline import FeatureUnion, Pipeline, make_pipeline
from sklearn.preprocessing import (
    LabelEncoder, MinMaxScaler, OneHotEncoder, OrdinalEncoder, PolynomialFeatures, StandardScaler
)
from sklearn.utils import resample
from torch.utils.data import ConcatDataset, DataLoader, Dataset, Subset, TensorDataset, random_split
from torchvision import transforms
from torchvision.datasets import CIFAR10, MNIST, ImageFolder
table = pd.read_csv("table.csv")
X, y = table.drop("label", axis=1), table["label"]
"""


def found(text: str) -> list[Finding]:
    source = Source(IMPORTS + dedent(text), "program.py")
    return analyze(source, Project([source]), RULES).findings


def flagged(text: str) -> list[tuple[str, str]]:
    """The code of each finding with the line it stands at."""
    lines = (IMPORTS + dedent(text)).splitlines()
    return [(each.code, lines[each.location.row - 1].strip()) for each in found(text)]


def lines_of(text: str, code: str) -> list[str]:
    return [line for found_code, line in flagged(text) if found_code == code]


SPLIT = "X_train, X_test, y_train, y_test = train_test_split(X, y)"


# --- fit-before-split: what counts as a fit -------------------------------------------------


@pytest.mark.parametrize(
    "transformer",
    [
        "StandardScaler()",
        "MinMaxScaler(feature_range=(0, 1))",
        "PCA(n_components=2)",
        "SimpleImputer(strategy='median')",
        "KNNImputer()",
        "preprocessing.RobustScaler()",
        "make_pipeline(SimpleImputer(), OneHotEncoder())",
        "Pipeline([('union', FeatureUnion([('a', StandardScaler())]))])",
        "ColumnTransformer([('numbers', StandardScaler(), ['age']), ('rest', 'drop', [])])",
        "preprocessing.KBinsDiscretizer(5)",
    ],
)
def test_a_transformer_that_learns_from_all_rows_is_flagged(transformer: str) -> None:
    line = f"X = {transformer}.fit_transform(X)"
    assert flagged(f"{line}\n{SPLIT}") == [("NN503", line)]


@pytest.mark.parametrize(
    "transformer",
    [
        "PolynomialFeatures(2)",
        "preprocessing.Normalizer()",
        "preprocessing.FunctionTransformer(np.log1p)",
        "preprocessing.Binarizer()",
        "OneHotEncoder()",
        "OrdinalEncoder()",
        "SimpleImputer(strategy='constant', fill_value=0)",
        "StandardScaler(with_mean=False, with_std=False)",
        "make_pipeline(PolynomialFeatures(), OneHotEncoder())",
        "SelectKBest(k=5)",  # a rule of its own
    ],
)
def test_a_transformer_that_learns_nothing_from_the_rows_is_not(transformer: str) -> None:
    assert flagged(f"X = {transformer}.fit_transform(X)\n{SPLIT}") == []


def test_fit_and_transform_may_stand_apart_and_chain() -> None:
    assert lines_of(f"X = StandardScaler().fit(X).transform(X)\n{SPLIT}", "NN503")
    apart = f"scaler = StandardScaler()\nscaler.fit(X)\nX = scaler.transform(X)\n{SPLIT}"
    assert lines_of(apart, "NN503") == ["scaler.fit(X)"]


def test_the_message_names_what_is_fitted_and_what_divides() -> None:
    (finding,) = found(f"scaler = StandardScaler()\nX = scaler.fit_transform(X)\n{SPLIT}")
    assert finding.message == (
        "`scaler` is fitted on all rows before `train_test_split` divides them"
    )
    (related,) = finding.related
    assert related.location.row == finding.location.row + 1


def test_functions_that_fit_and_transform_at_once_count() -> None:
    text = f"X = preprocessing.scale(X)\n{SPLIT}"
    (finding,) = found(text)
    assert finding.message.startswith("`preprocessing.scale` is fitted")
    assert flagged(f"X = preprocessing.scale(X, axis=1)\n{SPLIT}") == []
    assert flagged(f"X = preprocessing.normalize(X)\n{SPLIT}") == []


def test_texts_and_chained_vectorisers() -> None:
    text = """
    words = CountVectorizer().fit(table["text"])
    counts = words.transform(table["text"])
    weights = TfidfTransformer().fit_transform(counts).toarray()
    train, test = train_test_split(pd.DataFrame(weights))
    """
    assert len(lines_of(text, "NN503")) == 2


def test_a_transformer_fitted_and_never_used_for_the_divided_rows_is_nothing() -> None:
    assert flagged(f"picture = PCA(2).fit_transform(X)\n{SPLIT}") == []
    assert flagged(f"scaler = StandardScaler().fit(X)\n{SPLIT}") == []


def test_another_data_set_in_the_same_program_is_nothing() -> None:
    text = """
    digits = load_digits()
    scaled = StandardScaler().fit_transform(digits.data)
    flowers, kinds = load_iris(return_X_y=True)
    train, test = train_test_split(flowers)
    """
    assert flagged(text) == []


def test_fitting_on_training_rows_is_right() -> None:
    right = f"{SPLIT}\nscaler = StandardScaler().fit(X_train)\nX_test = scaler.transform(X_test)"
    assert flagged(right) == []
    by_range = """
    values = X.values
    scaler = StandardScaler().fit(values[:100])
    values = scaler.transform(values)
    train, test = values[:100], values[100:]
    """
    assert flagged(by_range) == []


def test_fitting_on_all_rows_after_the_split_is_the_same_leak() -> None:
    fitted = f"{SPLIT}\nscaler = StandardScaler()\nscaler.fit(X)"
    text = f"{fitted}\nX_train = scaler.transform(X_train)"
    (finding,) = found(text)
    assert finding.message == "`scaler` has seen the rows on both sides of `train_test_split`"


def test_a_picture_of_the_parts_is_nothing() -> None:
    picture = f"{SPLIT}\npca = PCA(n_components=2).fit(X)\nplot(pca.transform(X_train))"
    assert flagged(picture) == []
    assert len(flagged(picture.replace("=2", "=20"))) == 1


def test_labels_scaled_by_hand_are_nothing_scaled_by_a_scaler_they_are() -> None:
    assert flagged(f"y = y - y.mean()\n{SPLIT}") == []
    assert flagged(f"y = LabelEncoder().fit_transform(y)\n{SPLIT}") == []
    assert lines_of(
        f"y = StandardScaler().fit_transform(y.values.reshape(-1, 1))\n{SPLIT}", "NN503"
    )


# --- fit-before-split: statistics by hand ---------------------------------------------------


@pytest.mark.parametrize(
    "statement",
    [
        "X = (X - X.mean()) / X.std()",
        "X = (X - X.min()) / (X.max() - X.min())",
        "X = X.fillna(X.mean())",
        "X['age'] = X['age'].fillna(X['age'].median())",
        "X.age.fillna(X.age.mean(), inplace=True)",
        "X.fillna({'age': X.age.mean()}, inplace=True)",
        "X['age'] = X['age'].fillna(np.mean(X['age']))",
        "X.loc[X.age.isnull(), 'age'] = X.age.mean()",
        "X['age'] = X.age.fillna(X.groupby('sex')['age'].transform('median'))",
        "X = X.values; X = (X - X.mean(axis=0)) / X.std(axis=0)",
        "X = X.to_numpy(); X -= np.mean(X, axis=0)",
    ],
)
def test_statistics_of_all_rows_count_once(statement: str) -> None:
    assert [code for code, _ in flagged(f"{statement}\n{SPLIT}")] == ["NN503"]


@pytest.mark.parametrize(
    "statement",
    [
        "X = X / 255",
        "X = X / X.max()",  # the range of pixels, mostly
        "X = X.fillna(0)",
        "X = X.fillna(method='ffill')",
        "X['age'] = X['age'].fillna(X['age'].mode()[0])",
        "X = X.values; X = (X - X.mean(axis=1)) / X.std(axis=1)",  # each row by itself
        "X = X.sub(X.mean(axis=1), axis=0)",
        "X = X.values; X = np.array([(row - row.mean()) / row.std() for row in X])",
        "print(X.mean(), X.std()); X['group'] = X.groupby('a')['b'].transform('mean')",
    ],
)
def test_constants_and_statistics_of_single_rows_do_not(statement: str) -> None:
    assert flagged(f"{statement}\n{SPLIT}") == []


def test_training_rows_filled_with_a_statistic_of_all_rows() -> None:
    text = f"{SPLIT}\nX_train['age'] = X_train['age'].fillna(X['age'].mean())"
    (finding,) = found(text)
    assert (
        finding.message == "`X['age'].mean()` has seen the rows on both sides of `train_test_split`"
    )


def test_gaps_filled_from_a_few_rows_are_no_statistic_of_all() -> None:
    text = """
    gaps = table[table["age"].isnull()]
    for index, row in gaps.iterrows():
        table.at[index, "age"] = gaps["size"].mean()
    train, test = train_test_split(table)
    """
    assert flagged(text) == []


def test_a_normalisation_of_every_recording_by_itself_is_right() -> None:
    text = """
    recordings = []
    for name in ["a", "b", "c", "d", "e", "f", "g", "h"]:
        signal = np.load(name)
        recordings.append((signal - signal.mean()) / signal.std())
    train, test = train_test_split(np.array(recordings))
    """
    assert flagged(text) == []


@pytest.mark.parametrize(
    "encoding",
    [
        "table['mean'] = table['town'].map(table.groupby('town')['label'].mean())",
        "table['mean'] = table['town'].map(table.groupby('town')['label'].mean().to_dict())",
        "table['mean'] = table.groupby('town')['label'].transform('mean')",
        "table['mean'] = table.groupby('town').label.transform('mean')",
    ],
)
def test_categories_replaced_by_the_mean_of_their_labels(encoding: str) -> None:
    divided = "train_test_split(table.drop('label', axis=1), table['label'])"
    assert flagged(f"{encoding}\n{divided}") == [("NN503", encoding)]
    assert flagged(f"{encoding.replace('label', 'price')}\n{divided}") == []
    function = f"""
def prepare(table, target):
    {encoding.replace("'label'", "target")}
    return train_test_split(table.drop(columns=[target]), table[target])
"""
    assert len(flagged(function)) == (0 if ".label" in encoding else 1)


def test_what_is_predicted_may_be_told_after_the_split() -> None:
    encoding = "table['town'] = table['town'].map(table.groupby('town')['rent'].mean())"
    later = (
        "train, test = train_test_split(table)\n"
        "LogisticRegression().fit(train[['town', 'area']], train['rent'])\n"
    )
    assert flagged(f"{encoding}\n{later}") == [("NN503", encoding)]
    assert not flagged(f"{encoding}\n{later.replace('rent', 'price')}")


def test_statistics_of_made_up_numbers_are_nothing() -> None:
    made_up = "X = np.random.randn(100, 3); X = (X - X.min()) / (X.max() - X.min())"
    assert flagged(f"{made_up}\n{SPLIT}") == []


# --- fit-before-split: rows are followed ----------------------------------------------------


@pytest.mark.parametrize(
    "step",
    [
        "X = X.copy()",
        "X = pd.DataFrame(X, columns=['a', 'b'])",
        "X = np.asarray(X).astype('float32')",
        "X = X.reshape(len(X), -1)",
        "X = sparse.csr_matrix(X)",
        "X = np.log1p(X)",
        "X = np.hstack([X, np.ones((len(X), 1))])",
        "X = pd.concat([pd.DataFrame(X), table], axis=1)",
        "X = pd.DataFrame(X).sample(frac=1).reset_index(drop=True)",
        "X = pd.DataFrame(X).dropna()",
        "X = X[np.random.permutation(len(X))]",
        "X = X[:1000]",
        "X = PolynomialFeatures().fit_transform(X)",
        "X = 2 * X + 1",
        "X = torch.tensor(X).float()",
    ],
)
def test_the_same_rows_in_another_form(step: str) -> None:
    text = f"X = StandardScaler().fit_transform(X)\n{step}\n{SPLIT}"
    assert lines_of(text, "NN503") == ["X = StandardScaler().fit_transform(X)"]


def test_columns_are_told_apart() -> None:
    scaled = "table['age'] = StandardScaler().fit_transform(table[['age']])"
    assert lines_of(f"{scaled}\ntrain, test = train_test_split(table)", "NN503") == [scaled]
    assert lines_of(f"{scaled}\ntrain, test = train_test_split(table[['age', 'b']])", "NN503")
    assert flagged(f"{scaled}\ntrain, test = train_test_split(table[['b', 'c']])") == []
    assert flagged(f"{scaled}\ntrain, test = train_test_split(table.drop('age', axis=1))") == []
    assert flagged(f"{scaled}\ntable['age'] = 0\ntrain, test = train_test_split(table)") == []


def test_a_table_that_is_one_of_several_is_changed_whichever_it_is() -> None:
    text = """
    if first:
        table = pd.read_csv("a.csv")
    else:
        table = pd.read_csv("b.csv")
    table["age"] = table["age"].fillna(table["age"].mean())
    train, test = train_test_split(table)
    """
    assert len(flagged(text)) == 1


def test_columns_in_a_loop_or_in_place() -> None:
    loop = """
    scaler = StandardScaler()
    for column in table.columns:
        table[column] = scaler.fit_transform(table[[column]])
    train, test = train_test_split(table)
    """
    assert len(flagged(loop)) == 1
    part = f"X = X.values\nX[:, 1:] = StandardScaler().fit_transform(X[:, 1:])\n{SPLIT}"
    assert len(flagged(part)) == 1
    by_function = f"X = X.apply(lambda column: StandardScaler().fit_transform(column))\n{SPLIT}"
    assert len(flagged(by_function)) == 1


def test_rows_are_followed_through_functions_and_unknown_arguments() -> None:
    text = """
    def prepare(samples):
        return MinMaxScaler().fit_transform(samples)

    def evaluate(samples, labels):
        return train_test_split(samples, labels)

    def everything(path):
        samples, labels = load(path)
        return evaluate(prepare(samples), labels)
    """
    assert lines_of(text, "NN503") == ["return MinMaxScaler().fit_transform(samples)"]


def test_an_unknown_table_is_followed_once_it_is_used_as_one() -> None:
    text = """
    def prepare(table):
        table["age"] = StandardScaler().fit_transform(table[["age"]])
        X, y = table.drop("label", axis=1), table["label"]
        return train_test_split({features}, y)
    """
    assert len(flagged(text.format(features="X"))) == 1
    assert len(flagged(text.format(features="table[['age', 'size']]"))) == 1
    assert flagged(text.format(features="X.drop('age', axis=1)")) == []


def test_a_dataset_of_the_program_carries_its_arrays() -> None:
    text = """
    class Samples(Dataset):
        def __init__(self, X, y):
            self.X, self.y = X, y

        def __len__(self):
            return len(self.X)

    scaled = StandardScaler().fit_transform(X)
    train, test = random_split(Samples(torch.tensor(scaled), y), [0.8, 0.2])
    """
    assert len(lines_of(text, "NN503")) == 1


def test_a_fit_on_one_way_only_is_not_reported() -> None:
    assert flagged(f"if table.size:\n    X = StandardScaler().fit_transform(X)\n{SPLIT}") == []
    both = f"""
if table.size:
    X = StandardScaler().fit_transform(X)
else:
    X = MinMaxScaler().fit_transform(X)
{SPLIT}"""
    assert len(flagged(both)) == 2


def test_the_files_of_a_competition_put_together_and_taken_apart() -> None:
    together = """
    train, test = pd.read_csv("train.csv"), pd.read_csv("test.csv")
    everything = pd.concat([train, test])
    everything = StandardScaler().fit_transform(everything)
    train, test = everything[:len(train)], everything[len(train):]
    """
    assert flagged(together) == []  # the test rows have no labels here
    assert len(flagged(f"{together}\n    train, validation = train_test_split(train)")) == 1


def test_a_transformer_of_the_program_is_looked_into() -> None:
    text = """
    class Rows(BaseEstimator, TransformerMixin):
        def fit(self, X, y=None):
            return self

        def transform(self, X):
            return {body}

    X = Rows().fit_transform(X)
    """
    assert flagged(text.format(body="np.log(X)") + f"\n    {SPLIT}") == []
    fits = text.format(body="StandardScaler().fit_transform(X)") + f"\n    {SPLIT}"
    assert len(flagged(fits)) == 1
    assert len(flagged(fits.replace("Rows()", "Pipeline([('rows', Rows())])"))) == 1


# --- what divides rows ----------------------------------------------------------------------

DIVISIONS = [
    "train_test_split(X, y, test_size=0.2, stratify=y)",
    "cross_val_score(LogisticRegression(), X, y, cv=5)",
    "GridSearchCV(LogisticRegression(), {}).fit(X, y)",
    "[(X[train], X[test]) for train, test in KFold(5).split(X)]",
    "train, test = next(StratifiedShuffleSplit().split(X, y))",
    "random_split(TensorDataset(torch.tensor(X)), [800, 200])",
    "X_train, X_test = X[:800], X[800:]",
    "n = int(0.8 * len(X)); X_train, X_test = X[0:n], X[n:len(X)]",
    "X_train, X_val, X_test = X[:600], X[600:800], X[800:]",
    "X_train, X_test = np.split(X, [800])",
    "train, test = train_test_split(np.arange(len(X))); X_train, X_test = X[train], X[test]",
    "i = np.random.permutation(len(X)); train, test = i[:9], i[9:]; X_train, X_test = X[train], X[test]",
    "f = pd.DataFrame(X); train = f.sample(frac=0.8); test = f.drop(train.index)",
    "f = pd.DataFrame(X); m = np.random.rand(len(f)) < 0.8; train, test = f[m], f[~m]",
    "f = pd.DataFrame(X); train, test = f[f.year < 2020], f[f.year >= 2020]",
    "f = pd.DataFrame(X); train, test = f[f.label.notnull()], f[f.label.isnull()]",
    "f = pd.DataFrame(X); train, test = f[f.for_training], f[~f.for_training]",
    "model.fit(X, y, validation_split=0.2)",
]


@pytest.mark.parametrize("division", DIVISIONS)
def test_rows_are_divided_by(division: str) -> None:
    scaled = "X = StandardScaler().fit_transform(X)"
    assert lines_of(f"{scaled}\n{division}", "NN503") == [scaled]


@pytest.mark.parametrize(
    "use",
    [
        "first, second = X[:800], X[800:]",
        "X_train = X[:800]; small = X[:10]",
        "X_train, X_test = X[:, :3], X[:, 3:]",
        "women, men = table[table.sex == 'f'], table[table.sex == 'm']",
        "inputs, targets = X[:-1], X[1:]",
        "LogisticRegression().fit(X, y)",
        "GridSearchCV(KernelDensity(), {}).fit(X)",
        "model.fit(X, y, validation_data=(X, y))",
    ],
)
def test_rows_are_not_divided_by(use: str) -> None:
    assert flagged(f"X = StandardScaler().fit_transform(X)\n{use}") == []


def test_folds_inside_of_which_everything_is_fitted_are_right() -> None:
    text = """
    X = X.values
    for train, test in KFold(5).split(X, y):
        scaler = StandardScaler()
        X_train, X_test = scaler.fit_transform(X[train]), scaler.transform(X[test])
        print(LogisticRegression().fit(X_train, y[train]).score(X_test, y[test]))
    """
    assert flagged(text) == []


def test_choosing_a_model_on_scaled_training_rows_is_tolerated() -> None:
    scaled = f"{SPLIT}\nX_train = StandardScaler().fit_transform(X_train)\n"
    assert flagged(scaled + "GridSearchCV(LogisticRegression(), {}).fit(X_train, y_train)") == []
    assert flagged(scaled + "model.fit(X_train, y_train, validation_split=0.1)") == []
    assert flagged(scaled + "cross_val_predict(LogisticRegression(), X_train, y_train)") == []
    sliced = "X_train, X_test, y_train = X[:900], X[900:], y[:900]\nX_train = X_train.astype(float)"
    sliced += "\nX_train = StandardScaler().fit_transform(X_train)\n"
    assert flagged(sliced + "cross_val_score(LogisticRegression(), X_train, y_train)") == []
    again = scaled + "train, validation = train_test_split(X_train)"
    assert len(flagged(again)) == 1
    by_file = """
    train = pd.read_csv("train.csv")
    scaled = StandardScaler().fit_transform(train)
    model.fit(scaled, y, validation_split=0.1)
    """
    assert flagged(by_file) == []
    before = f"X = StandardScaler().fit_transform(X)\n{SPLIT}\n"
    assert len(flagged(before + "model.fit(X_train, y_train, validation_split=0.1)")) == 1


def test_an_event_tells_which_parts_there_are() -> None:
    ran = program(IMPORTS + SPLIT)
    (event,) = ran.events(RowsSplit)
    assert [part.how for part in event.parts] == ["train", "test", "train", "test"]
    assert event.operation == "train_test_split"


# --- resampling-before-split ----------------------------------------------------------------


@pytest.mark.parametrize(
    "resampling",
    [
        "X, y = SMOTE().fit_resample(X, y)",
        "X, y = RandomOverSampler(random_state=0).fit_sample(X, y)",
        "X, y = resample(X, y, n_samples=5000)",
        "rare = X[X.a == 1]; X = pd.concat([X[X.a == 0], rare.sample(5000, replace=True)])",
        "rare = X[X.a == 1]; X = pd.concat([X[X.a == 0], resample(rare, replace=True)])",
    ],
)
@pytest.mark.parametrize("division", [SPLIT, "cross_val_score(LogisticRegression(), X, y)"])
def test_resampled_rows_may_not_be_divided(resampling: str, division: str) -> None:
    assert flagged(f"{resampling}\n{division}") == [("NN502", resampling)]


def test_rows_without_labels_get_no_copies() -> None:
    step = "table = pd.concat([table, table[table.y == 1]])"
    division = "train = table[table.y.notnull()]\ntest = table[table.y.isnull()]"
    assert flagged(f"{step}\n{division}") == []
    division = "train = table[table.fold != 1]\ntest = table[table.fold == 1]"
    assert flagged(f"{step}\n{division}") == [("NN501", step)]


def test_resampling_the_training_rows_is_right() -> None:
    assert flagged(f"{SPLIT}\nX_train, y_train = SMOTE().fit_resample(X_train, y_train)") == []
    pipeline = """
    from imblearn.pipeline import make_pipeline as balanced_pipeline
    cross_val_score(balanced_pipeline(SMOTE(), LogisticRegression()), X, y)
    """
    assert flagged(pipeline) == []
    assert flagged(f"X, y = resample(X, y, replace=False, n_samples=500)\n{SPLIT}") == []
    assert flagged(f"X = X.sample(500)\n{SPLIT}") == []


def test_resampling_after_all_and_dividing_the_original_rows_is_right() -> None:
    assert flagged(f"X_more, y_more = SMOTE().fit_resample(X, y)\n{SPLIT}") == []


def test_resampled_training_rows_may_not_be_divided_either() -> None:
    text = f"{SPLIT}\nX_more, y_more = SMOTE().fit_resample(X_train, y_train)\n"
    assert (
        len(lines_of(text + "cross_val_score(LogisticRegression(), X_more, y_more)", "NN502")) == 1
    )


# --- augmentation-before-split --------------------------------------------------------------

IMAGES = "images, labels = np.load('images.npy'), np.load('labels.npy')\n"
DIVIDED = "\ntrain, test, train_labels, test_labels = train_test_split(images, labels)"


@pytest.mark.parametrize(
    "augmentation",
    [
        "images = np.concatenate([images, images + np.random.normal(0, 0.1, images.shape)])",
        "images = np.vstack((images, np.fliplr(images)))",
        "images = np.append(images, images[:, :, ::-1], axis=0)",
        "images = np.concatenate([images] + [np.roll(images, k, axis=1) for k in (1, 2)])",
        "images = np.repeat(images, 5, axis=0)",
        "images = np.tile(images, (2, 1, 1))",
        "images = torch.cat([images, torch.flip(images, [2])])",
        "images = pd.concat([table, table.assign(a=table.b, b=table.a)])",
        "images = table.append(table[table.rare == 1])",
    ],
)
def test_copies_may_not_be_divided(augmentation: str) -> None:
    assert flagged(IMAGES + augmentation + DIVIDED) == [("NN501", augmentation.strip())]


@pytest.mark.parametrize(
    "step",
    [
        "images = np.concatenate([images, np.load('more.npy')])",
        "parts = pd.read_pickle('x.pkl'); images = pd.concat([parts.X_train, parts.X_val])",
        "images = np.concatenate([images, np.flip(images)], axis=1)",
        "images = np.hstack([images, images ** 2])",
        "images = np.repeat(images[..., np.newaxis], 3, -1)",
        "images = np.stack([images, images, images], axis=-1)",
        "images = pd.concat([table, table.shift(1)], axis=1)",
        "images = pd.concat([table[table.a == 0], table[table.a == 1]])",
        "images = pd.concat([pd.read_csv(name) for name in ('a', 'b')])",
        "images = pd.concat([table, table[table.a == 1]]).drop_duplicates()",
        "a, b = train_test_split(images); images = np.concatenate([a, b])",
        "images = images + np.random.normal(0, 0.1, images.shape)",
    ],
)
def test_what_adds_no_copies(step: str) -> None:
    assert flagged(IMAGES + step + DIVIDED) == []


def in_a_loop(body: str) -> str:
    loop = "images, labels = [], []\nfor path in paths:\n    image = cv2.imread(path)\n"
    return loop + indent(dedent(body).strip(), "    ") + DIVIDED


def test_a_list_of_samples_and_changed_copies_of_them() -> None:
    flipped = in_a_loop("""
        images.append(image)
        images.append(cv2.flip(image, 1))
    """)
    assert [code for code, _ in flagged(flipped)] == ["NN501"]
    noisy = in_a_loop("""
        images.append(image)
        images.append(image + np.random.normal(0, 10, image.shape))
    """)
    assert len(flagged(noisy)) == 1
    only_changed = in_a_loop("images.append(cv2.GaussianBlur(image, (5, 5), 0))")
    assert flagged(only_changed) == []
    another = in_a_loop("""
        images.append(image)
        images.append(cv2.flip(cv2.imread(path.replace('left', 'right')), 1))
    """)
    assert flagged(another) == []
    features = in_a_loop("images.append([image.mean(), image.std(), image.max()])")
    assert flagged(features) == []


def test_copies_of_one_class_in_a_loop_over_classes_are_no_copies_of_each_other() -> None:
    text = """
    parts = pd.DataFrame()
    for kind in kinds:
        parts = pd.concat([parts, table[table.kind == kind].head(100)])
    train, test = train_test_split(parts)
    """
    assert flagged(text) == []


def test_two_views_of_one_folder() -> None:
    views = """
    plain = ImageFolder("pictures", transform=transforms.ToTensor())
    changed = ImageFolder({root}, transform=transforms.RandomRotation(9))
    both = {joined}
    train, test = random_split(both, [0.8, 0.2])
    """
    assert (
        len(flagged(views.format(root='"pictures"', joined="ConcatDataset([plain, changed])"))) == 1
    )
    assert len(flagged(views.format(root='"pictures"', joined="plain + changed"))) == 1
    assert flagged(views.format(root='"more"', joined="ConcatDataset([plain, changed])")) == []
    halves = "CIFAR10('data', train=True) + CIFAR10('data', train=False)"
    assert flagged(f"train, test = random_split({halves}, [0.8, 0.2])") == []


def test_copies_of_the_training_part_are_right() -> None:
    text = """
    images, test, labels, test_labels = train_test_split(images, labels)
    images = np.concatenate([images, np.flip(images, axis=1)])
    """
    assert flagged(IMAGES + dedent(text)) == []


def test_groups_keep_copies_together() -> None:
    text = "images = np.vstack([images, np.fliplr(images)])\n"
    assert flagged(IMAGES + text + "folds = list(GroupKFold().split(images, labels, groups))") == []


# --- datasets and loaders -------------------------------------------------------------------


def length(loader: str, before: str = "") -> str:
    return program(f"{IMPORTS}{dedent(before)}\nloader = {loader}\nlength = len(loader)")["length"]


def test_a_loader_is_so_many_batches_long() -> None:
    assert length("DataLoader(MNIST('data'), batch_size=64)") == "938"
    assert length("DataLoader(MNIST('data', train=False), 64, drop_last=True)") == "156"
    assert length("DataLoader(CIFAR10('data', train=True), batch_size=128, shuffle=True)") == "391"
    assert length("DataLoader(TensorDataset(torch.zeros(100, 3)))") == "100"
    parts = "train, test = random_split(MNIST('data'), [50000, 10000])"
    assert length("DataLoader(train, batch_size=100)", parts) == "500"
    assert length("DataLoader(Subset(MNIST('data'), range(320)), batch_size=32)") == "10"


def test_the_length_of_a_loader_over_unknown_data_is_a_symbol_with_a_name() -> None:
    assert length("DataLoader(ImageFolder('pictures'), batch_size=64)") == "len(loader)"
    assert length("DataLoader(MNIST('data'), sampler=something)") == "len(loader)"


def test_a_loop_over_a_loader_has_its_length_and_yields_batches() -> None:
    text = """
    loader = DataLoader(MNIST("data"), batch_size=100)
    for epoch in range(3):
        for number, (images, labels) in enumerate(loader):
            Subset(images, labels)
            train_test_split(images)
    """
    ran = program(IMPORTS + dedent(text))
    (first, *_) = ran.events(RowsSplit)
    assert [loop.trips and loop.trips.integer for loop in first.context.loops] == [3, 600]
    assert ran["images"] == "?"


def test_toys_of_unit_tests_are_left_alone() -> None:
    text = IMPORTS + "data = np.load('x.npy')\ndata = np.concatenate([data, data])\n"
    text += "train, test = train_test_split(data)\n"
    for name, expected in (("train.py", 1), ("tests/inputs/a.py", 1), ("tests/test_train.py", 0)):
        source = Source(text, name)
        assert len(analyze(source, Project([source]), RULES).findings) == expected


def test_rows_that_are_taken_by_parts_of_a_permutation_are_divided() -> None:
    fit = "X = StandardScaler().fit_transform(X)"
    for order in ("np.random.permutation(len(X))", "torch.randperm(len(X))"):
        start = f"{fit}\norder = {order}\ncut = int(0.8 * len(X))\n"
        inline = "train_x = X[order[:cut]]\nvalid_x = X[order[cut:]]"
        assert flagged(start + inline) == [("NN503", fit)]
        named = "train_at, test_at = order[:cut], order[cut:]\nA, B = X[train_at], X[test_at]"
        assert flagged(start + named) == [("NN503", fit)]
        assert flagged(start + "first, rest = X[order[:cut]], X[order[cut:]]") == []
    shuffled = (
        f"{fit}\norder = list(range(len(X)))\nrandom.shuffle(order)\nk = len(order) * 4 // 5\n"
    )
    parts = "X_train, X_test = X[order[:k]], X[order[k:]]"
    assert flagged("import random\n" + shuffled + parts) == [("NN503", fit)]


def test_a_list_of_arrays_and_noisy_copies_of_them() -> None:
    copies = """
    copies = [images]
    for _ in range(3):
        copies.append(images + np.random.normal(0, 0.02, images.shape).astype(np.float32))
    images = np.concatenate(copies)
    """
    assert [code for code, _ in flagged(IMAGES + dedent(copies) + DIVIDED)] == ["NN501"]


def test_copies_of_samples_that_were_changed_are_still_copies() -> None:
    both = in_a_loop("""
        images.append(image)
        images.append(np.rot90(image).copy())
    """)
    assert [code for code, _ in flagged(both)] == ["NN501"]


# --- data of torch and layers of Keras --------------------------------------------------------


def test_data_that_is_made_up_of_random_numbers_is_data() -> None:
    made_up = "rows = torch.rand(90, 2) * torch.tensor([3.0, 0.5]) + 1"
    divided = "train, test = random_split(TensorDataset(rows, rows), [60, 30])"
    scaled = "rows = (rows - rows.mean(dim=0)) / rows.std(dim=0)"
    assert flagged(f"{made_up}\n{scaled}\n{divided}") == [("NN503", scaled)]
    assert not flagged(f"{made_up}\nrows = rows - rows.mean(dim=1, keepdim=True)\n{divided}")


@pytest.mark.parametrize(
    "copies", ["[waves, waves + 0.1 * torch.randn_like(waves)]", "[blurred(waves), waves]"]
)
def test_tensors_with_noise_are_copies(copies: str) -> None:
    text = f"""
    def blurred(given):
        return given * (0.9 + 0.2 * torch.rand(given.shape[0], 1))
    waves = torch.load("waves.pt")
    waves = torch.cat({copies})
    train, test = random_split(TensorDataset(waves), [60, 30])
    """
    assert flagged(text) == [("NN501", f"waves = torch.cat({copies})")]


@pytest.mark.parametrize("apart", [True, False])
def test_a_layer_of_keras_learns_from_what_it_is_adapted_to(apart: bool) -> None:
    text = f"""
    import keras
    norm = keras.layers.Normalization()
    train, test = train_test_split(X)
    norm.adapt({"train" if apart else "X"})
    model = keras.Sequential([norm, keras.layers.Dense(1)])
    model.fit(train, train)
    """
    assert flagged(text) == ([] if apart else [("NN503", "norm.adapt(X)")])
    vocabulary = text.replace("Normalization()", "TextVectorization()")
    assert not flagged(vocabulary)
    weighed = text.replace("Normalization()", "TextVectorization(output_mode='tf_idf')")
    assert flagged(weighed) == ([] if apart else [("NN503", "norm.adapt(X)")])


@pytest.mark.parametrize("name", ["rows", "x_train"])
def test_a_layer_may_see_the_training_rows_that_choose_a_model(name: str) -> None:
    text = f"""
    import keras
    {name} = np.load("rows.npy")
    norm = keras.layers.Normalization()
    norm.adapt({name})
    model = keras.Sequential([norm, keras.layers.Dense(1)])
    model.fit({name}, {name}, validation_split=0.1)
    """
    assert flagged(text) == ([("NN503", "norm.adapt(rows)")] if name == "rows" else [])


# --- copies that a function makes of what it is given ------------------------------------------


AGAIN_AND_AGAIN = """\
parts = [features]
        for _ in range(3):
            parts.append(features + np.random.normal(size=features.shape))
        return np.concatenate(parts), np.tile(labels, 4)"""


@pytest.mark.parametrize(
    "body",
    [
        "return SMOTE().fit_resample(features, labels)",
        "return np.concatenate([features, features[::-1]]), np.concatenate([labels, labels])",
        AGAIN_AND_AGAIN,
    ],
)
def test_copies_of_what_a_function_is_given_are_told_of_at_its_call(body: str) -> None:
    text = f"""
    def enlarged(features, labels):
        {body}
    X, y = np.load("x.npy"), np.load("y.npy")
    X, y = enlarged(X, y)
    {SPLIT}
    """
    assert [line for _, line in flagged(text)] == ["X, y = enlarged(X, y)"]


def test_copies_of_what_a_function_reads_are_told_of_in_it() -> None:
    text = f"""
    def read(path):
        rows = np.load(path)["x"]
        rows = np.concatenate([rows, rows[:, ::-1]])
        return rows, np.arange(len(rows))
    X, y = read("waves.npz")
    {SPLIT}
    """
    copies = "rows = np.concatenate([rows, rows[:, ::-1]])"
    assert flagged(text) == [("NN501", copies)]


@pytest.mark.parametrize(
    "balanced",
    [
        "pd.concat([rows.sample(99, replace=True) for _, rows in table.groupby('label')])",
        "table.groupby('label').sample(99, replace=True)",
        "table.groupby('label').apply(lambda rows: rows.sample(99, replace=True))",
    ],
)
def test_groups_may_be_resampled_one_by_one(balanced: str) -> None:
    text = f"even = {balanced}\ntrain, test = train_test_split(even)"
    assert flagged(text) == [("NN502", f"even = {balanced}")]
    assert not flagged(text.replace(", replace=True", ""))
    divided = "train, test = train_test_split(table)\neven = train.groupby('label').sample(9, replace=True)"
    assert not flagged(divided)


# --- what a function learns from what it is given ----------------------------------------------


OWN_SCALER = """
class Scaler:
    def fit(self, rows):
        self.mean = rows.mean(axis=0)
        return self
    def transform(self, rows):
        return rows - self.mean
    def fit_transform(self, rows):
        return self.fit(rows).transform(rows)
X, y = np.load("x.npy"), np.load("y.npy")
"""
OWN_STEPS = """
class Scaler:
    def __init__(self):
        self.imputer, self.pca = SimpleImputer(), PCA(9)
    def fit(self, rows):
        self.pca.fit(self.imputer.fit_transform(rows))
        return self
    def transform(self, rows):
        return self.pca.transform(self.imputer.transform(rows))
"""


@pytest.mark.parametrize("scaler", [OWN_SCALER, OWN_STEPS])
def test_what_a_class_learns_is_told_of_where_it_is_given_all_rows(scaler: str) -> None:
    text = f"{scaler}scaler = Scaler().fit(X)\nX = scaler.transform(X)\n{SPLIT}"
    assert flagged(text) == [("NN503", "scaler = Scaler().fit(X)")]
    apart = f"{scaler}{SPLIT}\nscaler = Scaler().fit(X_train)\nprint(scaler.transform(X_test))"
    assert not flagged(apart)


def test_what_is_learned_and_applied_in_one_function_is_told_of_there() -> None:
    in_one = f"{OWN_SCALER}X = Scaler().fit_transform(X)\n{SPLIT}"
    assert flagged(in_one) == [("NN503", "X = Scaler().fit_transform(X)")]
    function = """
    def scaled(rows):
        return (rows - rows.mean(axis=0)) / rows.std(axis=0)
    X = scaled(np.load("x.npy"))
    """
    line = "return (rows - rows.mean(axis=0)) / rows.std(axis=0)"
    assert flagged(f"{dedent(function)}{SPLIT}") == [("NN503", line)]
