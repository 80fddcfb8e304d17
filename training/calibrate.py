"""Chooses the verifier's thresholds for a stated precision, and writes them with the curve they were read from.

    pnpm bench cache-quality --pairs quora-calibration.jsonl --details labelled.jsonl
    pnpm bench cache-quality --pairs implied.jsonl --details implied.jsonl
    python calibrate.py --labelled labelled.jsonl --implied implied.jsonl --precision 0.92 --thresholds thresholds.json --curve calibration.csv

Implied pairs (see implied.py) say how often the verifier is right where it is sure; the labelled ones only say how
frequent same and different are at each cosine, and the implied are weighted to be as frequent. Guards have already
refused what they refuse. What is chosen is the threshold of a trusted candidate without a doubt, the lowest at which the
precision still holds. The other two stand at fixed distances above it: recall on these pairs alone would take a smaller DOUBT,
but what guards suspect is rarer among them than among prompts that a cache must not confuse.
"""

from __future__ import annotations

import argparse
import csv
import json
from bisect import bisect_right
from pathlib import Path

COSINES = [0.75, 0.80, 0.84, 0.88, 0.92, 0.95, 1.01]
TRUSTED_FROM = 0.92
SURER, DOUBT = 0.25, 1.0
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


def curve_of(weighted: list[tuple[dict, float]], same: int) -> list[tuple[float, int, float, float]]:
    """(threshold of a trusted candidate, pairs served, precision, recall), from the surest on."""
    scored = sorted(
        (
            (row["score"] - (0 if row["cosine"] >= TRUSTED_FROM else SURER) - (DOUBT if "doubt" in row else 0), row["same"], weight)
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
    curve = curve_of(weighted, same)
    holds = [point for point in curve if point[1] >= LEAST_SERVED and point[2] >= options.precision]
    if not holds:
        raise SystemExit(f"no threshold gives a precision of {options.precision}")
    score, served, precision, recall = holds[-1]
    trusted = round(score, 2)
    thresholds = {"trusted": trusted, "surer": round(trusted + SURER, 2), "doubt": DOUBT}
    options.thresholds.write_text(json.dumps(thresholds, indent=2) + "\n")
    with options.curve.open("w", newline="") as out:
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(["trusted", "implied pairs served", "precision", "recall"])
        writer.writerows((round(s, 3), n, round(p, 4), round(r, 4)) for s, n, p, r in curve[24::25])
    print(thresholds, f"precision {precision:.3f} recall {recall:.3f} on {served} implied pairs")


if __name__ == "__main__":
    main()
