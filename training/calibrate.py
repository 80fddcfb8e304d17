"""Chooses the verifier's thresholds for a stated precision, and writes them with the curve they were read from.

    pnpm bench cache-quality --pairs quora-calibration.jsonl --details labelled.jsonl
    pnpm bench cache-quality --pairs implied.jsonl --details implied.jsonl
    python calibrate.py --labelled labelled.jsonl --implied implied.jsonl --precision 0.92 --thresholds thresholds.json --curve calibration.csv

Implied pairs (see implied.py) say how often the verifier is right where it is sure; the labelled ones only say how
frequent same and different are at each cosine, and the implied are weighted to be as frequent. Guards have already
refused what they refuse. Of the distances in SURER and DOUBT that pair is taken which gives the best recall at the stated
precision; the threshold of a trusted candidate without a doubt follows from it.
"""

from __future__ import annotations

import argparse
import csv
import json
from bisect import bisect_right
from itertools import product
from pathlib import Path

COSINES = [0.75, 0.80, 0.84, 0.88, 0.92, 0.95, 1.01]
TRUSTED_FROM = 0.92
SURER = [0.1, 0.25, 0.5]
DOUBT = [0.25, 0.5, 0.75, 1.0, 1.5]
LEAST_SERVED = 100  # pairs behind a precision, or it is chance


def rows(path: Path) -> list[dict]:
    with path.open() as lines:
        return [json.loads(line) for line in lines]


def bin_of(row: dict) -> int:
    return bisect_right(COSINES, row["cosine"]) - 1


def weigh(labelled: list[dict], implied: list[dict]) -> list[float]:
    def count(of: list[dict]) -> dict[tuple[int, bool], int]:
        counts: dict[tuple[int, bool], int] = {}
        for row in of:
            counts[bin_of(row), row["same"]] = counts.get((bin_of(row), row["same"]), 0) + 1
        return counts

    wanted, there = count(labelled), count(implied)
    return [wanted.get((bin_of(row), row["same"]), 0) / there[bin_of(row), row["same"]] for row in implied]


def curve_of(weighted: list[tuple[dict, float]], same: int, surer: float, doubt: float) -> list[tuple[float, int, float, float]]:
    """(threshold of a trusted candidate, pairs served, precision, recall), from the surest on."""
    scored = sorted(
        (
            (row["score"] - (0 if row["cosine"] >= TRUSTED_FROM else surer) - (doubt if "doubt" in row else 0), row["same"], weight)
            for row, weight in weighted
            if "score" in row and bin_of(row) >= 0
        ),
        reverse=True,
    )
    right = wrong = 0.0
    curve = []
    for served, (score, is_same, weight) in enumerate(scored, 1):
        right, wrong = (right + weight, wrong) if is_same else (right, wrong + weight)
        curve.append((score, served, right / (right + wrong), right / same))
    return curve


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    for name in ("labelled", "implied", "thresholds", "curve"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    parser.add_argument("--precision", type=float, required=True)
    options = parser.parse_args()
    labelled, implied = rows(options.labelled), rows(options.implied)
    same = sum(row["same"] for row in labelled)
    weighted = list(zip(implied, weigh(labelled, implied)))
    best = None
    for surer, doubt in product(SURER, DOUBT):
        curve = curve_of(weighted, same, surer, doubt)
        # The lowest threshold at which the precision still holds.
        holds = [point for point in curve if point[1] >= LEAST_SERVED and point[2] >= options.precision]
        if holds and (best is None or holds[-1][3] > best[0][3]):
            best = (holds[-1], surer, doubt, curve)
    if best is None:
        raise SystemExit(f"no threshold gives a precision of {options.precision}")
    (score, served, precision, recall), surer, doubt, curve = best
    trusted = round(score, 2)
    thresholds = {"trusted": trusted, "surer": round(trusted + surer, 2), "doubt": doubt}
    options.thresholds.write_text(json.dumps(thresholds, indent=2) + "\n")
    with options.curve.open("w", newline="") as out:
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(["trusted", "implied pairs served", "precision", "recall"])
        writer.writerows((round(s, 3), n, round(p, 4), round(r, 4)) for s, n, p, r in curve[24::25])
    print(thresholds, f"precision {precision:.3f} recall {recall:.3f} on {served} implied pairs")


main()
