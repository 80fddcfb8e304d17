"""Pairs that follow from the labelled ones and are not among them, for choosing thresholds.

    python implied.py --pairs paraphrase-qqp-dev.jsonl.gz --out FOLDER

a = b and b = c: a = c. a = b and b is not c: a is not c. The weights that training went on from had seen every labelled
pair, so these, which nothing was trained on, take their place. Both labels that a pair follows from may be wrong, so
its own is wrong about twice as often.
"""

from __future__ import annotations

import argparse
import gzip
import json
import random
from collections import defaultdict
from pathlib import Path

from splits import question_hash, split_by_question

PER_QUESTION = 3  # at most so many pairs of each label around one question, or the largest groups would be most of them


def implied(pairs: list[dict], rng: random.Random) -> list[dict]:
    text = {question_hash(each): each for pair in pairs for each in (pair["a"], pair["b"])}
    same, different, known = defaultdict(set), defaultdict(set), set()
    for pair in pairs:
        a, b = question_hash(pair["a"]), question_hash(pair["b"])
        known.add(frozenset((a, b)))
        for one, other in ((a, b), (b, a)):
            (same if pair["same"] else different)[one].add(other)
    found: dict[frozenset, bool | None] = {}
    for middle, ends in same.items():
        for label, others in ((True, ends), (False, different[middle])):
            around = [(a, c) for a in sorted(ends) for c in sorted(others) if a != c and frozenset((a, c)) not in known]
            for a, c in rng.sample(around, min(len(around), PER_QUESTION)):
                key = frozenset((a, c))
                # What follows both ways tells of a wrong label.
                found[key] = None if found.get(key, label) != label else label
    rows = []
    for key, label in found.items():
        if label is not None and len(key) == 2:
            a, b = sorted(key)
            rows.append({"a": text[a], "b": text[b], "same": label})
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pairs", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    with gzip.open(options.pairs, "rt") as lines:
        parts = split_by_question(json.loads(line) for line in lines)
    for name, pairs in parts.items():
        rows = implied(pairs, random.Random(3))
        with (options.out / f"implied-{name}.jsonl").open("w") as out:
            out.writelines(json.dumps(row) + "\n" for row in rows)
        print(name, len(rows), "same", sum(row["same"] for row in rows))


main()
