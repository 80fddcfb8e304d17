"""Pairs made by rule from the training part of the Quora questions: small changes that do, or do not, change the answer.

    python rules.py --pairs quora-train.jsonl --base DIR --count 20000 --out rules.jsonl

A change is put into a question against the question itself, or against a paraphrase of it (a pair labelled the same, of
which the first model is sure), so that the verifier can neither trust equal words nor forgive one changed word.
"""

from __future__ import annotations

import argparse
import json
import random
import re
from pathlib import Path

from safetensors.numpy import load_file
from tokenizers import Tokenizer

from words import PEOPLE

OPPOSITES = [tuple(pair.split("/")) for pair in "before/after best/worst his/her with/without more/less good/bad can/can't should/shouldn't is/isn't possible/impossible always/never buy/sell increase/decrease legal/illegal safe/dangerous first/last male/female men/women boys/girls hot/cold open/close gain/lose start/stop high/low most/least true/false healthy/unhealthy cheap/expensive old/young positive/negative husband/wife father/mother morning/evening win/lose import/export love/hate advantages/disadvantages pros/cons why/how when/where was/is do/did all/some".split()]
AFTER_ARTICLE = "new used professional private public electric digital certified retired famous Chinese American female small cheap temporary junior green wooden medical second".split()
ADVERBS = ["really", "actually", "exactly"]
OPENINGS = ["Please tell me: {}", "Hi! {}", "I would like to know: {}", "Can anyone tell me, {}", "{} Thank you!", "Just wondering, {}"]
# Words whose change would leave no question, or the same one.
GRAMMAR = set("does from with that this these those there have has been were your mine they them their what when where which while whose about into like would could should will just very more most some such than then also only much many really actually ever well good best make made want need know think people things thing".split())
NAME = re.compile(r"(?<=[a-z,] )[A-Z][a-z]{2,}\b")
NUMBER = re.compile(r"\b\d+\b")
AUXILIARY = re.compile(r"\b(can|should|could|is|are|do|does|did|will|would)\b (\w+)", re.I)


def neighbours(base: Path, rng: random.Random):
    """For a word of the vocabulary: another one that is like it, but hardly a synonym (cosine 0.25–0.42)."""
    words = load_file(base / "model.safetensors")["embeddings.word_embeddings.weight"]
    vocabulary = Tokenizer.from_file(str(base / "tokenizer.json")).get_vocab()
    ids = [at for token, at in vocabulary.items() if token.isalpha() and len(token) > 3 and at < 12_000]
    token_of = {at: token for token, at in vocabulary.items()}
    table = words[ids]
    table = table / ((table**2).sum(axis=1, keepdims=True) ** 0.5)
    place = {token_of[at]: row for row, at in enumerate(ids)}
    cache: dict[str, list[str]] = {}

    def find(word: str) -> str | None:
        if word not in place:
            return None
        if word not in cache:
            cosines = table @ table[place[word]]
            found = [token_of[ids[row]] for row in ((cosines > 0.25) & (cosines < 0.42)).nonzero()[0]]
            cache[word] = [other for other in found if other[:4] != word[:4]][:20]
        return rng.choice(cache[word]) if cache[word] else None

    return find


def insert(word: str, match: re.Match) -> str:
    """After "is" at once, else after the subject: "is not the", "can I not"."""
    auxiliary, following = match.groups()
    return f"{auxiliary} {word} {following}" if auxiliary.lower() in ("is", "are") else f"{auxiliary} {following} {word}"


def once(pattern: re.Pattern, text: str, change, rng: random.Random) -> str | None:
    matches = list(pattern.finditer(text))
    if not matches:
        return None
    match = rng.choice(matches)
    replaced = change(match)
    return None if replaced is None else text[: match.start()] + replaced + text[match.end() :]


def changes(names: list[str], near, rng: random.Random):
    """Each turns a question into one with another answer, or gives None."""

    def opposite(text: str) -> str | None:
        for one, other in rng.sample(OPPOSITES, len(OPPOSITES)):
            one, other = rng.sample((one, other), 2)
            pattern = re.compile(rf"\b{re.escape(one)}\b", re.I)
            if pattern.search(text):
                return pattern.sub(lambda m: other.capitalize() if m.group()[0].isupper() else other, text, count=1)
        return None

    def swap(text: str) -> str | None:
        match = re.search(r"\b([A-Z]\w+)( (?:than|from|to|by|over|versus|or|beat|against)(?: \w+)? )([A-Z]\w+)\b", text)
        if not match or match.group(2).strip() in ("or", "versus"):
            return None
        return text[: match.start()] + match.group(3) + match.group(2) + match.group(1) + text[match.end() :]

    return [
        (3, lambda text: once(NUMBER, text, lambda m: str(max(1, int(m.group()) + rng.choice((-1, 1, 2, 10)))), rng)),
        (2, lambda text: once(AUXILIARY, text, lambda m: insert("not", m), rng)),
        (2, swap),
        (3, lambda text: once(NAME, text, lambda m: rng.choice(names), rng)),
        (6, lambda text: once(re.compile(r"\b[a-z]{4,}\b"), text, lambda m: None if m.group() in GRAMMAR else near(m.group()), rng)),
        (2, lambda text: once(re.compile(r"\b(a|an|the) (?=[a-z])"), text, lambda m: ("the " if m.group(1) == "the" else "a ") + rng.choice(AFTER_ARTICLE) + " ", rng)),
        (5, opposite),
    ]


def kept(text: str, rng: random.Random) -> str:
    """The same request, typed in another way."""
    kind = rng.randrange(5)
    if kind == 0:
        return text.lower().rstrip("?")
    if kind == 1:
        return rng.choice(OPENINGS).format(text)
    match = re.fullmatch(r"What (?:is|are) ((?:an? |the )?[\w ]{3,30})\?", text)
    if kind == 2 and match:
        return rng.choice(["Tell me about {}", "Explain {}", "Describe {}"]).format(match.group(1))
    if kind == 3:
        return once(AUXILIARY, text, lambda m: insert(rng.choice(ADVERBS), m), rng) or text.lower()
    return text.replace("What is", "What's").replace("do not", "don't").replace("can not", "can't").replace("?", "")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pairs", type=Path, required=True)
    parser.add_argument("--base", type=Path, required=True)
    parser.add_argument("--count", type=int, default=20_000)
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    rng = random.Random(5)
    pairs = [json.loads(line) for line in options.pairs.open()]
    sure = [(row["a"], row["b"]) for row in pairs if row["same"] and row["teacher"] > 1.5]
    single = [(row["a"], row["a"]) for row in pairs]
    names = sorted({name for row in pairs for name in NAME.findall(row["a"])}) + PEOPLE * 20
    made = changes(names, neighbours(options.base, rng), rng)
    rules, weights = [rule for _, rule in made], [weight for weight, _ in made]
    rows: dict[tuple[str, str], bool] = {}
    while len(rows) < options.count:
        a, b = rng.choice(sure if rng.random() < 0.5 else single)
        chance = rng.random()
        if chance < 0.55:
            changed = rng.choices(rules, weights)[0](b)
            if changed and changed != b and changed.lower() != a.lower():
                rows[a, changed] = False
        elif chance < 0.70 and a != b:
            # The same name changed on both sides is still one question.
            shared = [name for name in NAME.findall(a) if name in b]
            if shared:
                other = rng.choice(names)
                rows[a.replace(shared[0], other), b.replace(shared[0], other)] = True
        else:
            rows[a, kept(b, rng)] = True
    with options.out.open("w") as out:
        out.writelines(json.dumps({"a": a, "b": b, "same": same}) + "\n" for (a, b), same in rows.items())
    print(len(rows), "same", sum(rows.values()))


main()
