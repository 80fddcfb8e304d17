"""Chooses the verifier's thresholds for a stated precision, and writes them with the curve they were read from.

    pnpm bench cache-quality --pairs quora-calibration.jsonl --details labelled.jsonl
    pnpm bench cache-quality --pairs implied.jsonl --details implied.jsonl
    pnpm bench cache-quality --pairs prose.jsonl --details prose.jsonl
    python calibrate.py --labelled labelled.jsonl --implied implied.jsonl --prompts prose.jsonl --precision 0.91 --thresholds thresholds.json --curve calibration.csv

Implied pairs (see implied.py) say how often the verifier is right where it is sure; the labelled ones only say how
frequent same and different are at each cosine, and the implied are weighted to be as frequent. Guards have already
refused what they refuse.

How much a doubt weighs is chosen guard by guard: LIGHT where pairs that it doubts are right as often as pairs that no guard
doubts, on implied pairs, and on prompts from templates that the weights were not trained on, as far as they tell; DOUBT
otherwise, and where there are too few pairs to tell. Then the lowest threshold is taken at which the
precision still holds. SURER is fixed: these pairs do not ask for it, what the cache meets may.
"""

from __future__ import annotations

import argparse
import csv
import json
from bisect import bisect_right
from pathlib import Path

COSINES = [0.75, 0.80, 0.84, 0.88, 0.92, 0.95, 1.01]
TRUSTED_FROM = 0.92
SURER, DOUBT, LIGHT = 0.25, 1.0, 0.25
# A doubt is light if, of pairs from this logit on, those with it are right as often as those without; of so many at least.
NEAR, LEAST_DOUBTED = 2.0, 50
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


def precision_by_doubt(weighted: list[tuple[dict, float]]) -> dict[str, tuple[int, float]]:
    """For each guard, and "" for pairs that none doubts: how many pairs the verifier is sure of, and the share that is right."""
    found: dict[str, list[tuple[bool, float]]] = {"": []}
    for row, weight in weighted:
        if row.get("score", -9) >= NEAR and bin_of(row) >= 0:
            found.setdefault(row.get("doubt", ""), []).append((row["same"], weight))
    total = {guard: sum(weight for _, weight in of) for guard, of in found.items()}
    return {guard: (len(of), sum(weight for same, weight in of if same) / (total[guard] or 1)) for guard, of in found.items()}


def light_doubts(implied: list[tuple[dict, float]], prompts: list[dict]) -> dict[str, float]:
    near, asked = precision_by_doubt(implied), precision_by_doubt([(row, 1.0) for row in prompts])
    light = {}
    for guard, (count, right) in sorted(near.items()):
        fewer_on_prompts = guard in asked and asked[guard][0] >= 10 and asked[guard][1] < asked[""][1]
        print(f"{guard or 'no doubt':14} implied {count:5} {right:.3f}  prompts {asked.get(guard)}")
        if guard and count >= LEAST_DOUBTED and right >= near[""][1] and not fewer_on_prompts:
            light[guard] = LIGHT
    return light


def curve_of(weighted: list[tuple[dict, float]], same: int, doubt_of: dict[str, float]) -> list[tuple[float, int, float, float]]:
    """(threshold of a trusted candidate, pairs served, precision, recall), from the surest on."""
    scored = sorted(
        (
            (row["score"] - (0 if row["cosine"] >= TRUSTED_FROM else SURER) - (doubt_of.get(row["doubt"], DOUBT) if "doubt" in row else 0), row["same"], weight)
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
    for name in ("labelled", "implied", "prompts", "thresholds", "curve"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    parser.add_argument("--precision", type=float, required=True)
    options = parser.parse_args()
    labelled, implied = rows(options.labelled), rows(options.implied)
    same = sum(row["same"] for row in labelled)
    weighted = list(zip(implied, weigh(labelled, implied)))
    doubt_of = light_doubts(weighted, rows(options.prompts))
    curve = curve_of(weighted, same, doubt_of)
    holds = [point for point in curve if point[1] >= LEAST_SERVED and point[2] >= options.precision]
    if not holds:
        raise SystemExit(f"no threshold gives a precision of {options.precision}")
    score, served, precision, recall = holds[-1]
    trusted = round(score, 2)
    thresholds = {"trusted": trusted, "surer": round(trusted + SURER, 2), "doubt": DOUBT, "doubtOf": doubt_of}
    options.thresholds.write_text(json.dumps(thresholds, indent=2) + "\n")
    with options.curve.open("w", newline="") as out:
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(["trusted", "implied pairs served", "precision", "recall"])
        writer.writerows((round(s, 3), n, round(p, 4), round(r, 4)) for s, n, p, r in curve[24::25])
    print(thresholds, f"precision {precision:.3f} recall {recall:.3f} on {served} implied pairs")


if __name__ == "__main__":
    main()
