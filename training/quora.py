"""Embeds the Quora questions and scores the pairs with a first verifier, once, and writes them with their split.

    python quora.py --pairs paraphrase-qqp-dev.jsonl.gz --embedder DIR --verifier DIR --out FOLDER

Each line: {a, b, same, cosine, teacher}. The teacher's logit finds labels that are likely wrong (see train.py); only
the training part uses it.
"""

from __future__ import annotations

import argparse
import gzip
import json
from pathlib import Path

from onnx_models import Embedder, Verifier
from splits import split_by_question

# The product verifies pairs from 0.75 on; a few easier ones keep the logit calibrated below it.
TRAIN_COSINE = 0.65


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pairs", type=Path, required=True)
    parser.add_argument("--embedder", type=Path, required=True)
    parser.add_argument("--verifier", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    with gzip.open(options.pairs, "rt") as lines:
        parts = split_by_question(json.loads(line) for line in lines)
    embedder, verifier, vectors = Embedder(options.embedder), Verifier(options.verifier), {}
    for name, pairs in parts.items():
        with (options.out / f"quora-{name}.jsonl").open("w") as out:
            for pair in pairs:
                for text in (pair["a"], pair["b"]):
                    if name == "train" and text not in vectors:
                        vectors[text] = embedder.embed(text)
                row = {"a": pair["a"], "b": pair["b"], "same": pair["same"]}
                if name == "train":
                    cosine = float(vectors[pair["a"]] @ vectors[pair["b"]])
                    if cosine < TRAIN_COSINE:
                        continue
                    row |= {"cosine": round(cosine, 4), "teacher": round(verifier.score(pair["a"], pair["b"]), 3)}
                out.write(json.dumps(row) + "\n")
        print(name, len(pairs), flush=True)


main()
