"""Which part of the Quora pairs a pair belongs to: train, calibration or test.

Split by question, by hash: questions that occur in one pair belong together, and so do pairs that share a question. A
group goes where the smallest SHA-256 of its normalised questions says, so no question is in two parts, whatever the
order of the file.
"""

from __future__ import annotations

import hashlib
from typing import Iterable, TypedDict


class Pair(TypedDict):
    a: str
    b: str
    same: bool


CALIBRATION_PERCENT = 10
TEST_PERCENT = 10


def question_hash(text: str) -> str:
    return hashlib.sha256(" ".join(text.lower().split()).encode()).hexdigest()


def split_by_question(pairs: Iterable[Pair]) -> dict[str, list[Pair]]:
    pairs = list(pairs)
    parent: dict[str, str] = {}

    def find(key: str) -> str:
        root = key
        while parent.setdefault(root, root) != root:
            root = parent[root]
        while parent[key] != root:
            parent[key], key = root, parent[key]
        return root

    for pair in pairs:
        first, second = find(question_hash(pair["a"])), find(question_hash(pair["b"]))
        # The smaller hash stays the root, so a group's root is the smallest of its hashes.
        parent[max(first, second)] = min(first, second)

    parts: dict[str, list[Pair]] = {"train": [], "calibration": [], "test": []}
    for pair in pairs:
        percent = int(find(question_hash(pair["a"]))[:8], 16) % 100
        if percent < TEST_PERCENT:
            parts["test"].append(pair)
        elif percent < TEST_PERCENT + CALIBRATION_PERCENT:
            parts["calibration"].append(pair)
        else:
            parts["train"].append(pair)
    return parts
