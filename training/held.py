"""Pairs of the families that nothing is trained on: python held.py --count 1500 --out held.jsonl"""

from __future__ import annotations

import argparse
import json
import random
from pathlib import Path

from families_held import HELD
from templates import draw


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=1_500)
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    rng = random.Random(17)
    rows: dict[tuple[str, str], dict] = {}
    while len(rows) < options.count:
        row = draw(*rng.choice(HELD)(rng), rng)
        if row:
            rows[row["a"], row["b"]] = row
    with options.out.open("w") as out:
        out.writelines(json.dumps(row) + "\n" for row in rows.values())
    print(len(rows), "same", sum(row["same"] for row in rows.values()))


main()
