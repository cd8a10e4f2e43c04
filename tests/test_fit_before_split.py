"""What may not be learned from all rows before they are divided."""

from textwrap import dedent

import pytest

from tests.abstract_programs import findings
from tests.data_programs import SPLIT, flagged, found, lines_of

# --- what counts as a fit -------------------------------------------------


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


def test_parts_from_which_no_model_learns_are_nothing() -> None:
    looked_at = f"scaled = MinMaxScaler().fit_transform(X)\n{SPLIT.replace('(X,', '(scaled,')}"
    learned = f"{SPLIT}\nmodel = LogisticRegression().fit(X_train, y_train)\n"
    judged = "print(model.score(X_test, y_test))"
    assert lines_of(f"{looked_at}\nplt.plot(X_train[:, 0])\n{learned}{judged}", "NN503") == []
    both = f"{looked_at}\nother = LogisticRegression().fit(X_train, y_train)\n{learned}{judged}"
    assert lines_of(both, "NN503") == ["scaled = MinMaxScaler().fit_transform(X)"]


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


@pytest.mark.parametrize(
    "statement",
    [
        "y = y.fillna(y.mean())",
        "y.fillna(y.median(), inplace=True)",
        "y = y.fillna(value=np.mean(y))",
    ],
)
def test_missing_labels_filled_with_the_mean_of_all_are_a_leak(statement: str) -> None:
    assert lines_of(f"{statement}\n{SPLIT}", "NN503")


@pytest.mark.parametrize(
    "statement",
    [
        "y = y.fillna(0)",
        "y = y.fillna(method='ffill')",
        "y = y / y.max()",
        "y = y.where(y < y.quantile(0.99), y.quantile(0.99))",
        "y = (y > y.median()).astype(int)",
    ],
)
def test_labels_that_only_change_their_scale_are_nothing(statement: str) -> None:
    assert flagged(f"{statement}\n{SPLIT}") == []


# --- statistics by hand ---------------------------------------------------


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


# --- rows are followed ----------------------------------------------------


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


@pytest.mark.parametrize(
    ("begin", "wrong"), [("n - 60", True), ("n - WINDOW", True), ("n", True), ("n - m", False)]
)
def test_test_rows_may_begin_with_those_that_their_first_window_needs(
    begin: str, wrong: bool
) -> None:
    text = f"""
    WINDOW = 60
    series = StandardScaler().fit_transform(table[["price"]])
    n = int(0.8 * len(series))
    train = series[:n]
    test = series[{begin}:]
    """
    assert [code for code, _ in flagged(text)] == (["NN503"] if wrong else [])


WITHIN = """\
import pandas as pd
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC
table = pd.read_csv("seeds.csv")
X, y = table.drop(columns="kind"), table["kind"]
X_train, X_test, y_train, y_test = train_test_split(X, y, random_state=0)
scaler = StandardScaler().fit(X_train)
X_train, X_test = scaler.transform(X_train), scaler.transform(X_test)
X_some, X_rest, y_some, y_rest = train_test_split(X_train, y_train, test_size=0.1, random_state=1)
model = SVC().fit(X_some, y_some)
"""


def test_training_rows_that_are_divided_once_more_may_be_fitted_on_if_others_judge() -> None:
    def told(end: str) -> bool:
        return any(code == "NN503" for _, code in findings(WITHIN + end))

    assert not told("print((model.predict(X_test) == y_test).mean())\n")
    assert told("print((model.predict(X_rest) == y_rest).mean())\n")
    assert not told("print(model.score(X_rest, y_rest), model.score(X_test, y_test))\n")


FOLDS = """\
import numpy as np
import pandas as pd
from sklearn.decomposition import PCA
from sklearn.linear_model import SGDClassifier
from sklearn.metrics import f1_score
from sklearn.model_selection import StratifiedKFold, train_test_split
table = pd.read_csv("genes.tsv", sep="\\t")
X_train, X_test, y_train, y_test = train_test_split(
    table.drop(columns="class").values, table["class"].values, test_size=0.3, random_state=5
)
results = []
for size in range(4, 30, 2):
    reduced = {}
    for fit, check in StratifiedKFold(4, shuffle=True, random_state=5).split(X_train, y_train):
        model = SGDClassifier(random_state=0).fit(reduced[fit], y_train[fit])
        results.append((size, f1_score(y_train[check], model.predict(reduced[check]))))
pca = PCA(max(results)[0])
model = SGDClassifier(random_state=0).fit(pca.fit_transform(X_train), y_train)
print(f1_score(y_test, model.predict(pca.transform(X_test))))
"""


def test_folds_of_training_rows_judge_what_has_seen_them_all() -> None:
    def told(features: str) -> bool:
        return any(code == "NN503" for _, code in findings(FOLDS.format(features)))

    assert told("PCA(size).fit_transform(X_train)")
    assert not told("X_train[:, :size]")


def test_a_catalogue_of_scikit_learn_may_come_as_a_table() -> None:
    text = """\
from sklearn.datasets import fetch_california_housing
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler
houses = fetch_california_housing(as_frame=True)
X, y = houses.data.copy(), houses.target
columns = X.columns.tolist()
X[columns] = StandardScaler().fit_transform(X[columns])
X_train, X_test, y_train, y_test = train_test_split(X.values, y.values)
"""
    assert [row for row, code in findings(text) if code == "NN503"] == [7]
    assert not findings(text.replace("X[columns] = StandardScaler", "Z = StandardScaler"))


STANDARDISED = """\
import numpy as np
import torch
from sklearn.linear_model import Ridge
from sklearn.model_selection import train_test_split
from torch.utils.data import DataLoader, TensorDataset, random_split
series = np.load("series.npy")
first, last = {divided}
mean, std = {over}.mean(axis=0), {over}.std(axis=0)
first, last = (first - mean) / std, (last - mean) / std
"""
BY_TIME = "series[:8000], series[8000:]"


def of_standardised(divided: str, over: str, end: str) -> bool:
    text = STANDARDISED.format(divided=divided, over=over) + end
    return any(code == "NN503" for _, code in findings(text))


@pytest.mark.parametrize("divided", [BY_TIME, "train_test_split(series)"])
@pytest.mark.parametrize(
    "inner",
    [
        "train, val = first[:7000], first[7000:]\n",
        "train, val = random_split(TensorDataset(torch.tensor(first)), [0.9, 0.1])\n",
        "train, val = train_test_split(first)\n",
    ],
)
def test_the_training_part_may_be_divided_once_more(divided: str, inner: str) -> None:
    judged = "test = DataLoader(TensorDataset(torch.tensor(last)), batch_size=9)\n"
    assert not of_standardised(divided, "first", inner + judged)
    assert of_standardised(divided, "series", inner + judged)


FILES = """\
import pandas as pd
from sklearn.preprocessing import StandardScaler
from sklearn.model_selection import train_test_split
from sklearn.svm import SVC
table, other = pd.read_csv("first.csv"), pd.read_csv("second.csv")
scaler = StandardScaler().fit(table[["a", "b"]])
X, Z = scaler.transform(table[["a", "b"]]), scaler.transform(other[["a", "b"]])
X_some, X_rest, y_some, y_rest = train_test_split(X, table["y"])
model = SVC().fit(X_some, y_some)
print(model.score(X_rest, y_rest))
"""


def test_another_file_judges_in_the_end_or_is_only_predicted() -> None:
    def told(end: str) -> bool:
        return any(code == "NN503" for _, code in findings(FILES + end))

    assert not told("print(model.score(Z, other['y']))\n")
    assert told("other['y'] = model.predict(Z)\nother.to_csv('out.csv')\n")


HELD_OUT_OR_NOT = """\
import numpy as np
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler

def load(path, share):
    rows = np.load(path)
    {before}
    if share:
        train, test = train_test_split(rows, test_size=share)
    else:
        train, test = rows, None
    {behind}
    train = scaler.transform(train)
    if test is not None:
        test = scaler.transform(test)
    return train, test
"""


def test_all_rows_may_be_learned_from_where_none_are_held_out() -> None:
    fit = "scaler = StandardScaler().fit({})"
    of_train = HELD_OUT_OR_NOT.format(before="pass", behind=fit.format("train"))
    of_all = HELD_OUT_OR_NOT.format(before="pass", behind=fit.format("rows"))
    before = HELD_OUT_OR_NOT.format(before=fit.format("rows"), behind="pass")
    assert not findings(of_train)
    assert [row for row, code in findings(of_all) if code == "NN503"] == [12]
    assert [row for row, code in findings(before) if code == "NN503"] == [7]


def test_rows_of_one_file_or_another_are_all_of_them() -> None:
    text = HELD_OUT_OR_NOT.format(
        before="rows = np.load(path + '2') if share else rows\n"
        "    scaler = StandardScaler().fit(rows)",
        behind="pass",
    )
    assert [row for row, code in findings(text) if code == "NN503"] == [8]


def test_windows_of_two_slices_tell_by_their_names_what_the_slices_are_for() -> None:
    text = """
    def windows(values, length):
        return np.stack([values[at : at + length] for at in range(len(values) - length)])

    series = StandardScaler().fit_transform(X)
    boundary = int(len(series) * 0.8)
    one = windows(series[:boundary], 60)
    other = windows(series[boundary:], 60)
    """
    assert flagged(text) == []
    for one, other in (("x_train", "x_test"), ("x_test", "x_train")):
        assert len(flagged(text.replace("one =", f"{one} =").replace("other =", f"{other} ="))) == 1
    assert flagged(text.replace("one =", "x_train =")) == []
    both = text.replace("one =", "train =") + "validation = train[:50]\n"
    assert flagged(both) == []


@pytest.mark.parametrize(
    "gone",
    [
        "del X['filled']",
        "X.pop('filled')",
        "X.drop('filled', axis=1, inplace=True)",
        "X = X.drop(columns=['filled'])",
        "X = X[['age', 'size']]",
    ],
)
def test_what_a_column_went_through_is_gone_with_it(gone: str) -> None:
    text = "X['filled'] = X['age'].fillna(X['age'].mean())"
    assert len(flagged(f"{text}\n{SPLIT}")) == 1
    assert flagged(f"{text}\n{gone}\n{SPLIT}") == []


FORECAST = """\
    import numpy as np
    import torch
    from sklearn.preprocessing import MinMaxScaler
    from torch import nn
    y = pd.read_csv("sales.csv")["amount"].values
    months = 12
    train, test = y[:-months], y[-months:]
    scaler = MinMaxScaler()
    {before}
    net = nn.Sequential(nn.Linear(12, 20), nn.ReLU(), nn.Linear(20, 1))
    optimizer = torch.optim.Adam(net.parameters(), lr=1e-3)
    def learn(series):
        for epoch in range(100):
            for i in range(len(series) - 12):
                optimizer.zero_grad()
                nn.functional.mse_loss(net(series[i : i + 12]), series[i + 12 : i + 13]).backward()
                optimizer.step()
    def goes_on(series):
        last = series[-months:].tolist()
        for _ in range(months):
            with torch.no_grad():
                last.append(net(torch.tensor(last[-12:])).item())
        return scaler.inverse_transform(np.array(last[12:]).reshape(-1, 1))
    known = torch.tensor(scaler.fit_transform(y.reshape(-1, 1))).view(-1)
    learn(known)
    {behind}
"""


@pytest.mark.parametrize(
    ("before", "behind", "told"),
    [
        ("scaler.fit(train.reshape(-1, 1))", "print(goes_on(known))", False),
        (
            "scaler.fit(train.reshape(-1, 1))",
            "print(mean_squared_error(test, goes_on(known)))",
            True,
        ),
        ("", "print(goes_on(known))", True),
    ],
)
def test_all_rows_may_be_learned_from_for_what_nobody_knows_yet(
    before: str, behind: str, told: bool
) -> None:
    text = "from sklearn.metrics import mean_squared_error\n" + dedent(
        FORECAST.format(before=before, behind=behind)
    )
    assert bool(lines_of(text, "NN503")) == told


@pytest.mark.parametrize(
    ("folds", "told"),
    [("GroupKFold(5).split(X, y, table['ward'])", False), ("KFold(5).split(X)", True)],
)
def test_what_a_group_says_of_its_own_rows_stays_on_its_side(folds: str, told: bool) -> None:
    line = "X['apart'] = X.groupby('ward')['weight'].transform('mean') - X['weight']"
    text = f"""
    {line}
    for train, test in {folds}:
        model = LogisticRegression().fit(X.iloc[train], y.iloc[train])
        print(model.score(X.iloc[test], y.iloc[test]))
    """
    assert lines_of(text, "NN503") == ([line] if told else [])


def test_what_is_taken_of_all_groups_does_not() -> None:
    line = "X['apart'] = X['weight'].mean() - X['weight']"
    text = f"""
    {line}
    for train, test in GroupKFold(5).split(X, y, table['ward']):
        print(LogisticRegression().fit(X.iloc[train], y.iloc[train]).score(X.iloc[test], y.iloc[test]))
    """
    assert lines_of(text, "NN503") == [line]


# --- training rows of which a share validates ----------------------------------------------

VALIDATED = """\
import numpy as np
import torch
from torch import nn
def forecast(X_train, y_train, X_test):
    mean, deviation = X_train.mean(0), X_train.std(0) + 1e-8
    order = np.random.default_rng(0).permutation(len(X_train))
    count = int(0.15 * len(X_train))
    val_idx, tr_idx = order[:count], order[count:]
    def scaled(rows):
        return torch.tensor((rows - mean) / deviation, dtype=torch.float32)
    x, x_val = scaled(X_train[tr_idx]), scaled(X_train[val_idx])
    y, y_val = torch.tensor(y_train[tr_idx]), torch.tensor(y_train[val_idx])
    net = nn.Sequential(nn.Linear(8, 64), nn.ReLU(), nn.Linear(64, 1))
    optimizer = torch.optim.Adam(net.parameters(), lr=5e-3)
    for _ in range(100):
        optimizer.zero_grad()
        nn.functional.mse_loss(net(x).squeeze(1), y).backward()
        optimizer.step()
        with torch.no_grad():
            print(nn.functional.mse_loss(net(x_val).squeeze(1), y_val).item())
    net.eval()
    with torch.no_grad():
        return net(scaled(X_test)).numpy()
def compare(table, part):
    X, y = table.drop(columns="y").to_numpy(float), table["y"].to_numpy(float)
    order = np.random.default_rng(1).permutation(len(table))
    {parts}
    return np.abs(forecast({given}) - y[test]).mean()
"""


@pytest.mark.parametrize(
    "parts",
    [
        "test, train = order[:part], order[part:]",
        "test, train = np.sort(order[:part]), np.sort(order[part:])",
    ],
)
@pytest.mark.parametrize(
    ("given", "told"),
    [
        ("X[train], y[train], X[test]", False),
        ("X, y, X[test]", True),
    ],
)
def test_training_rows_may_be_learned_from_that_others_are_tested_apart_from(
    parts: str, given: str, told: bool
) -> None:
    codes = [code for _, code in findings(VALIDATED.format(parts=parts, given=given))]
    assert ("NN503" in codes) is told


@pytest.mark.parametrize(
    ("mask", "learned", "is_told"),
    [
        ("(fold != k).to_numpy()", "table.loc[outer]", False),
        ("(fold != k).values & good", "table.loc[outer]", False),
        ("fold != k", "table[outer]", False),
        ("(fold != k).to_numpy()", "table", True),
    ],
)
def test_rows_outside_of_a_fold_may_be_divided_again_to_choose_by(
    mask: str, learned: str, is_told: bool
) -> None:
    program = f"""
import numpy as np
import pandas as pd
from sklearn.decomposition import PCA
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold

table = pd.read_csv("cells.csv", index_col="id")
labels = table.pop("label").to_numpy()
good = (table.pop("quality") > 3).to_numpy()
fold = table.pop("fold")
scores = np.zeros(len(labels))
for k in range(5):
    outer = {mask}
    test = (fold == k).to_numpy()
    components = PCA(8).fit({learned})
    numbers = components.transform(table)
    for one, other in StratifiedKFold(3).split(numbers[outer], labels[outer]):
        model = LogisticRegression().fit(numbers[outer][one], labels[outer][one])
        print(model.score(numbers[outer][other], labels[outer][other]))
    model = LogisticRegression().fit(numbers[outer], labels[outer])
    scores[test] = model.predict_proba(numbers[test])[:, 1]
"""
    assert ("NN503" in dict(findings(program)).values()) is is_told


@pytest.mark.parametrize(
    ("folds", "wrong"),
    [
        ("StratifiedKFold(5).split(X, bins)", []),
        ("StratifiedKFold(5).split(X, y=bins)", []),
        ("StratifiedShuffleSplit(5).split(X, bins)", []),
        ("StratifiedKFold(5).split(bins, y)", ["learner.fit(y)"]),
    ],
)
def test_what_rows_are_divided_by_has_to_be_learned_before(folds: str, wrong: list[str]) -> None:
    program = f"""\
from sklearn.model_selection import StratifiedKFold, StratifiedShuffleSplit
learner = preprocessing.KBinsDiscretizer(5, encode="ordinal")
learner.fit(y)
bins = learner.transform(y)
for one, other in {folds}:
    SVC().fit(X[one], y[one])
"""
    assert lines_of(program, "NN503") == wrong
