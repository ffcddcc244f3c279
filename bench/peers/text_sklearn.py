"""scikit-learn on texts: hashed words and SGD, tf-idf and logistic regression. Reading included, judging told apart."""

import sys

import pyarrow.parquet as pq
from common import clock, say
from sklearn.feature_extraction.text import HashingVectorizer, TfidfVectorizer
from sklearn.linear_model import LogisticRegression, SGDClassifier

train, test, text, label, method = sys.argv[1:6]


def columns(path):
    table = pq.read_table(path, columns=[text, label])
    return [value.as_py() or "" for value in table.column(text)], [value.as_py() for value in table.column(label)]


methods = {
    "hashing-sgd": lambda: (HashingVectorizer(n_features=2**18, alternate_sign=False), SGDClassifier(loss="log_loss", alpha=1e-5, random_state=7)),
    "hashing-sgd-once": lambda: (
        HashingVectorizer(n_features=2**18, alternate_sign=False),
        SGDClassifier(loss="log_loss", alpha=1e-5, random_state=7, max_iter=1, tol=None),
    ),
    "tfidf-logistic": lambda: (TfidfVectorizer(), LogisticRegression(max_iter=1000)),
    "tfidf-tuned": lambda: (
        TfidfVectorizer(sublinear_tf=True, min_df=5, max_df=0.5, stop_words="english"),
        LogisticRegression(C=5, max_iter=1000),
    ),
}

lap = clock()
texts, labels = columns(train)
vectorizer, model = methods[method]()
model.fit(vectorizer.fit_transform(texts), labels)
seconds = lap()
texts, labels = columns(test)
accuracy = model.score(vectorizer.transform(texts), labels)
say(learnSeconds=seconds, testSeconds=lap(), accuracy=float(accuracy))
