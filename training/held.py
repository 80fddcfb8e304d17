"""Pairs of the families that nothing is trained on: python held.py --count 1500 --out held.jsonl"""

from __future__ import annotations

import argparse
import random
from pathlib import Path

from families_held import HELD
from templates import write_pairs


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=1_500)
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    write_pairs(HELD, options.count, random.Random(17), options.out)


main()
