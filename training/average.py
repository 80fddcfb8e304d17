"""The weighted mean of weights that came from the same ones: python average.py first.pt=0.4 second.pt=0.6 --out averaged.pt"""

from __future__ import annotations

import argparse
from pathlib import Path

import torch


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("weights", nargs="+", help="FILE=SHARE")
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    parts = [(torch.load(path), float(share)) for path, share in (each.rsplit("=", 1) for each in options.weights)]
    averaged = {}
    for name, first in parts[0][0].items():
        mixed = sum(share * state[name] for state, share in parts) if first.dtype.is_floating_point else first
        averaged[name] = mixed
    torch.save(averaged, options.out)


main()
