"""Pairs in the shape of prompts, from templates, for training.

    python templates.py --count 30000 --out prompts.jsonl

Each family is a function that draws one topic and yields a list of wordings of one request and a list of requests that
look like it and want another answer. Any two wordings are a pair that one answer serves; a wording and a trap are not.
"""

from __future__ import annotations

import argparse
import json
import random
from pathlib import Path
from typing import Callable

import families
import families_more
import families_prose

FAMILIES = [getattr(module, name) for module, names in (
    (families, "definition facet comparison opposite superlative before_after statement roles directions units text_task code"),
    (families_more, "fact equation arithmetic variable person modality counted formatted years translation quantity"),
    (families_prose, "task task task passive passive beasts compared pronoun buried"),
) for name in names.split()]

WRAPPERS = ["{}", "{}", "{}", "{}", "{}", "{}", "Please {l}", "Hi, {l}", "Can you help me? {}", "{} Thanks!", "Quick question: {l}", "{} Please be precise.", "Hello! {}", "I have a question. {}"]


def typo(text: str, rng: random.Random) -> str:
    """Swaps two neighbouring letters inside one longer word without digits."""
    words = text.split(" ")
    spots = [index for index, word in enumerate(words) if len(word) > 6 and word.isalpha() and word.islower()]
    if not spots:
        return text
    index = rng.choice(spots)
    at = rng.randrange(1, len(words[index]) - 2)
    word = words[index]
    words[index] = word[:at] + word[at + 1] + word[at] + word[at + 2 :]
    return " ".join(words)


def dress(text: str, rng: random.Random) -> str:
    """The way people type: a greeting, lower case, no final mark, a slip."""
    chance = rng.random()
    if chance < 0.25:
        lowered = text[:1].lower() + text[1:] if not text[:2].isupper() and not text.startswith("I ") else text
        text = rng.choice(WRAPPERS).format(text, l=lowered)
    elif chance < 0.32:
        text = text.lower()
    elif chance < 0.40:
        text = text.rstrip("?.")
    elif chance < 0.44:
        text = typo(text, rng)
    return text


def clusters(path: Path) -> list[tuple[list[str], list[str]]]:
    """Hand-written groups: wordings of one request, and traps in lines that begin with "!"."""
    groups = []
    for block in path.read_text().strip().split("\n\n"):
        lines = block.splitlines()
        groups.append(([line for line in lines if not line.startswith("!")], [line[2:] for line in lines if line.startswith("!")]))
    return groups


def draw(same: list[str], traps: list[str], rng: random.Random) -> dict | None:
    if rng.random() < 0.5 and len(same) > 1:
        a, b, label = *rng.sample(same, 2), True
    elif traps:
        a, b, label = rng.choice(same), rng.choice(traps), False
    else:
        return None
    a, b = dress(a, rng), dress(b, rng)
    return {"a": a, "b": b, "same": label} if a != b else None


Family = Callable[[random.Random], tuple[list[str], list[str]]]


def write_pairs(drawn_from: list[Family], count: int, rng: random.Random, path: Path) -> None:
    """Draws that many different pairs, any family as often as another, and writes them as JSON lines."""
    rows: dict[tuple[str, str], dict] = {}
    while len(rows) < count:
        row = draw(*rng.choice(drawn_from)(rng), rng)
        if row:
            rows[row["a"], row["b"]] = row
    with path.open("w") as out:
        out.writelines(json.dumps(row) + "\n" for row in rows.values())
    print(len(rows), "same", sum(row["same"] for row in rows.values()))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=30_000)
    parser.add_argument("--seed", type=int, default=11)
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    written = clusters(Path(__file__).with_name("clusters.txt"))
    drawn_from: list[Family] = [*FAMILIES, *[lambda r: r.choice(written)] * (len(FAMILIES) // 2)]
    write_pairs(drawn_from, options.count, random.Random(options.seed), options.out)


if __name__ == "__main__":
    main()
