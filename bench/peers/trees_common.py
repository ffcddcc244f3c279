"""Tables for the boosted trees, the same for every peer: all columns but the last as float32, text as codes, the last is the label."""

import resource

import numpy as np
import pyarrow.parquet as pq
from common import judged

threads = 2
trees, leaves, bins, rate = 100, 63, 255, 0.1


class Table:
    """A Parquet file, read by row groups; `levels` gives each text column's codes, and grows when it may."""

    def __init__(self, path, levels=None):
        schema = pq.read_schema(path)
        self.names = schema.names[:-1]
        self.text = [name for name in self.names if str(schema.field(name).type) in ("string", "large_string")]
        self.categories = [self.names.index(name) for name in self.text]
        self.grows = levels is None
        self.levels = {name: {} for name in self.text} if levels is None else levels
        self.file = pq.ParquetFile(path, read_dictionary=self.text)
        self.rows = self.file.metadata.num_rows
        self.groups = self.file.num_row_groups

    def groups_from(self, first, count):
        return self.matrix(self.file.read_row_groups(range(first, min(first + count, self.groups))))

    def all(self):
        rows = np.empty((self.rows, len(self.names)), dtype=np.float32)
        label = np.empty(self.rows, dtype=np.float32)
        at = 0
        for i in range(self.groups):
            part, part_label = self.groups_from(i, 1)
            rows[at : at + len(part)], label[at : at + len(part)] = part, part_label
            at += len(part)
        return rows, label

    def matrix(self, table):
        rows = np.empty((table.num_rows, len(self.names)), dtype=np.float32)
        for j, name in enumerate(self.names):
            column = table.column(name)
            rows[:, j] = self.codes(name, column) if name in self.levels else column.to_numpy()
        return rows, table.column(table.num_columns - 1).to_numpy()

    def codes(self, name, column):
        return np.concatenate([self.known(name, each.dictionary)[each.indices.fill_null(-1)] for each in column.chunks])

    def known(self, name, dictionary):
        levels = self.levels[name]
        if self.grows:
            for level in dictionary.to_pylist():
                levels.setdefault(level, len(levels))
        # the last one, which is also the one before the first, is for missing cells
        return np.array([*(levels.get(level, np.nan) for level in dictionary.to_pylist()), np.nan], dtype=np.float32)


def peak():
    """Bytes of this process at its largest so far: taken before judging."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def quality(probability, label):
    return {"auc": auc(probability, label), **judged(probability, label)}


def auc(score, label):
    """By ranks; equal scores share the mean of theirs."""
    _, place, count = np.unique(score, return_inverse=True, return_counts=True)
    rank = np.cumsum(count) - (count - 1) / 2
    positives = label == 1
    hits = int(positives.sum())
    return float((rank[place][positives].sum() - hits * (hits + 1) / 2) / (hits * (len(label) - hits)))
