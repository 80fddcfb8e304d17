"""Trains the pair verifier on JSONL files of {a, b, same} for a given number of steps.

    python train.py --base DIR [--init model.pt] --steps 5000 --lr 8e-5 --end-lr 0 --out model.pt quora-train.jsonl=0.5 rules.jsonl=0.5

A file's number is its share of each block of examples. The learning rate goes in a line from --lr to --end-lr. What is
written is the running mean of the weights (about the last 500 steps), which serves a little more at one precision than
the weights of any step; the weights themselves go to FILE.last, for a run that goes on from there.

Quora's labels are noisy. A line with `teacher` (the logit of a first model) is left out when that model strongly says
the opposite, and its target lies between label and teacher.
"""

from __future__ import annotations

import argparse
import json
import math
import random
import time
from itertools import islice
from pathlib import Path
from typing import Iterator

import torch
from torch.optim.swa_utils import AveragedModel
from tokenizers import Tokenizer

from model import PairVerifier

BATCH = 32
BLOCK = 24  # batches that are drawn and sorted by length together
WARM_UP_STEPS = 100
MEAN_STEPS, MEAN_EVERY = 500, 5
TEACHER_SHARE = 0.5
STRONGLY_SAME, STRONGLY_DIFFERENT = 2.0, -2.0


def target_of(row: dict) -> float | None:
    label = 0.98 if row["same"] else 0.02
    if "teacher" not in row:
        return label
    teacher = row["teacher"]
    if (teacher < STRONGLY_DIFFERENT) if row["same"] else (teacher > STRONGLY_SAME):
        return None
    return (1 - TEACHER_SHARE) * label + TEACHER_SHARE / (1 + math.exp(-teacher))


def read(path: Path) -> list[tuple[str, str, float]]:
    with path.open() as lines:
        rows = [json.loads(line) for line in lines]
    return [(row["a"], row["b"], target) for row in rows if (target := target_of(row)) is not None]


def forever(rows: list, rng: random.Random) -> Iterator:
    while True:
        rng.shuffle(rows)
        yield from rows


def batches(sources: list[tuple[Iterator, float]], tokenizer: Tokenizer, rng: random.Random) -> Iterator[tuple]:
    total = sum(share for _, share in sources)
    while True:
        block = []
        for rows, share in sources:
            for _ in range(round(BATCH * BLOCK * share / total)):
                a, b, target = next(rows)
                block.append((tokenizer.encode(*((a, b) if rng.random() < 0.5 else (b, a))), target))
        block.sort(key=lambda each: len(each[0].ids))
        chunks = [block[start : start + BATCH] for start in range(0, len(block), BATCH)]
        rng.shuffle(chunks)
        for chunk in chunks:
            width = max(len(encoding.ids) for encoding, _ in chunk)
            pad = lambda values: values + [0] * (width - len(values))
            tensors = [torch.tensor([pad(getattr(encoding, name)) for encoding, _ in chunk]) for name in ("ids", "attention_mask", "type_ids")]
            yield tensors, torch.tensor([[target] for _, target in chunk])


def running_mean(averaged: torch.Tensor, current: torch.Tensor, count: int | torch.Tensor) -> torch.Tensor:
    """The mean of all updates at first, later of about the last MEAN_STEPS steps."""
    return averaged.lerp(current, max(1 / (int(count) + 1), MEAN_EVERY / MEAN_STEPS))


def save(model: PairVerifier, averaged: AveragedModel, out: Path) -> None:
    torch.save(model.state_dict(), out.with_suffix(".last"))
    torch.save(averaged.module.state_dict(), out)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--base", type=Path, required=True)
    parser.add_argument("--init", type=Path)
    parser.add_argument("--steps", type=int, required=True)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--lr", type=float, required=True)
    parser.add_argument("--end-lr", type=float, default=0)
    parser.add_argument("--dropout", type=float, default=0)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--precision", choices=("bfloat16", "float32"), default="float32")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("files", nargs="+", help="FILE=SHARE")
    options = parser.parse_args()

    torch.set_num_threads(options.threads)
    torch.set_flush_denormal(True)
    torch.manual_seed(options.seed)
    rng = random.Random(options.seed)
    tokenizer = Tokenizer.from_file(str(options.base / "tokenizer.json"))
    tokenizer.no_padding()
    tokenizer.enable_truncation(96)
    sources = []
    for each in options.files:
        path, share = each.rsplit("=", 1)
        rows = read(Path(path))
        print(path, len(rows), share, flush=True)
        sources.append((forever(rows, rng), float(share)))

    model = PairVerifier(options.base)
    if options.init:
        model.load_state_dict(torch.load(options.init))
    model.train()
    for each in model.modules():
        if isinstance(each, torch.nn.Dropout):
            each.p = options.dropout
    weights = [each for each in model.parameters() if each.requires_grad]
    optimizer = torch.optim.AdamW(weights, lr=options.lr, weight_decay=0.01)
    averaged = AveragedModel(model, multi_avg_fn=None, avg_fn=running_mean)
    started, saved, mean = time.monotonic(), time.monotonic(), 0.0
    for step, (tensors, targets) in enumerate(islice(batches(sources, tokenizer, rng), options.steps)):
        warm = min(1, (step + 1) / WARM_UP_STEPS)
        for group in optimizer.param_groups:
            group["lr"] = warm * (options.lr + (options.end_lr - options.lr) * step / options.steps)
        with torch.autocast("cpu", dtype=torch.bfloat16, enabled=options.precision == "bfloat16"):
            logits = model(*tensors)
        loss = torch.nn.functional.binary_cross_entropy_with_logits(logits.float(), targets)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(weights, 1.0)
        optimizer.step()
        if step % MEAN_EVERY == 0:
            averaged.update_parameters(model)
        mean = loss.item() if step == 0 else 0.98 * mean + 0.02 * loss.item()
        if step % 50 == 49:
            print(f"step {step + 1} loss {mean:.4f} {(time.monotonic() - started) / (step + 1):.3f} s a step", flush=True)
        if time.monotonic() - saved > 180:
            saved = time.monotonic()
            save(model, averaged, options.out)
    save(model, averaged, options.out)
    print(f"{options.steps} steps, loss {mean:.4f}", flush=True)


main()
