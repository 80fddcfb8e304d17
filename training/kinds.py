"""Splits the CheckList pairs by kind: some kinds are never trained on and measure what carries over.

    python kinds.py --pairs paraphrase-checklist-dev.jsonl --out FOLDER
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

HELD_OUT = {
    "Do you have to X your dog before Y it != Do you have to X your dog after Y it.",
    "How can I become a X person == How can I become a person who is not antonym(X)",
    "Is person X != Is person becoming X",
    "Order does not matter for symmetric relations",
    "What are things a {noun} should worry about != should not worry about.",
    "Who do X think - Who is the ... according to X",
    "traditional SRL: active / passive swap with people",
    "traditional SRL: wrong active / passive swap with people",
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pairs", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    rows = [json.loads(line) for line in options.pairs.open()]
    for name, held_out in (("train", False), ("unseen", True)):
        chosen = [row for row in rows if (row["test"] in HELD_OUT) == held_out]
        with (options.out / f"kinds-{name}.jsonl").open("w") as out:
            out.writelines(json.dumps(row) + "\n" for row in chosen)
        print(name, len(chosen), "same", sum(row["same"] for row in chosen), flush=True)


main()
