"""Families for what is hard in longer wording: passives, pronouns, how-to in other words, negation inside a statement."""

from __future__ import annotations

import random

import words as w
from families import Family, each

# A task in four shapes: (verb phrase, participle clause with "be", noun phrase, the state that makes one ask), and tasks nearby.
TASKS = [
    ("get a coffee stain out of a shirt", "a coffee stain be removed from a shirt", "removing coffee stains from shirts", "I spilled coffee on my shirt", "get a grease stain out of a shirt"),
    ("back up an iPhone to a computer", "an iPhone be backed up to a computer", "backing up an iPhone to a computer", "I want a copy of my iPhone's data on my computer", "restore an iPhone from a computer"),
    ("unclog a kitchen sink", "a blocked kitchen sink be cleared", "clearing a clogged kitchen sink", "The water in my kitchen sink doesn't drain", "install a kitchen sink"),
    ("speed up a slow laptop", "a slow laptop be made faster", "making a slow laptop faster", "My laptop has become very slow", "clean the screen of a laptop"),
    ("recover a deleted file on Windows", "a deleted file be restored on Windows", "recovering deleted files on Windows", "I deleted a file on Windows by accident", "delete a locked file on Windows"),
    ("negotiate a higher salary", "a better salary be negotiated", "negotiating for more pay", "I think that I should be paid more", "negotiate a lower rent"),
    ("renew an expired passport", "an expired passport be renewed", "renewal of an expired passport", "My passport ran out", "report a stolen passport"),
    ("share a calendar with a coworker", "a calendar be shared with a coworker", "sharing a calendar with a coworker", "My coworker should see my calendar", "hide a calendar from a coworker"),
    ("sharpen a kitchen knife at home", "a kitchen knife be sharpened at home", "sharpening kitchen knives at home", "My kitchen knife has become blunt", "store a kitchen knife safely"),
    ("merge two PDF files", "two PDF files be combined into one", "combining two PDFs into one", "I have two PDFs and need one", "split a PDF into two files"),
    ("get rid of ants in the kitchen", "ants be kept out of the kitchen", "getting ants out of the kitchen", "There are ants all over my kitchen", "get rid of mice in the kitchen"),
    ("lower a fever without medicine", "a fever be brought down without medicine", "bringing down a fever without medicine", "I have a fever and want to take no medicine", "measure a fever without a thermometer"),
    ("cancel a gym membership", "a gym membership be ended", "ending a gym membership", "I no longer want to be a member of my gym", "freeze a gym membership for a month"),
    ("rename a branch in git", "a git branch be given another name", "giving a git branch a new name", "My git branch has the wrong name", "delete a branch in git"),
    ("fix a flat bicycle tire", "a flat bicycle tire be repaired", "repairing a flat tire on a bike", "My bike has a flat tire", "inflate a bicycle tire"),
    ("keep basil alive indoors", "a basil plant be kept alive indoors", "keeping basil alive inside", "My basil plant dies in the kitchen", "plant basil outdoors"),
    ("remove a virus from a phone", "a phone be cleaned of a virus", "removing malware from a phone", "I think that my phone has a virus", "protect a phone from viruses"),
    ("vectorize a loop in NumPy", "a NumPy loop be vectorized", "replacing a Python loop by NumPy operations", "My NumPy code loops over each element", "parallelize a loop in Python"),
    ("reduce the size of a Docker image", "a Docker image be made smaller", "making Docker images smaller", "My Docker image is far too big", "list all Docker images"),
    ("find a memory leak in Node.js", "a memory leak be found in Node.js", "finding memory leaks in Node.js", "My Node.js process uses more memory every hour", "raise the memory limit of Node.js"),
    ("stop a toddler from biting", "a toddler be kept from biting", "getting a toddler to stop biting", "My toddler bites other children", "stop a toddler from throwing food"),
    ("remember names better", "names be remembered more easily", "getting better at remembering names", "I keep forgetting people's names", "remember numbers better"),
    ("write a cover letter with no experience", "a cover letter be written with no experience", "writing a cover letter when you lack experience", "I have no experience and need a cover letter", "write a resume with no experience"),
    ("dispute a charge on a credit card", "a credit card charge be disputed", "disputing credit card charges", "There is a charge on my credit card that I don't recognize", "pay off a credit card"),
    ("make hard water softer", "hard water be softened", "softening hard water", "The water at home is too hard", "make tap water taste better"),
    ("get a cat used to a carrier", "a cat be made comfortable with a carrier", "teaching a cat to accept its carrier", "My cat hates its carrier", "choose a carrier for a cat"),
    ("schedule a recurring meeting in Outlook", "a recurring meeting be set up in Outlook", "setting up repeating meetings in Outlook", "I need the same Outlook meeting each week", "cancel a recurring meeting in Outlook"),
    ("freeze the top row in Excel", "the first row of an Excel sheet be kept in view", "keeping the top row of a spreadsheet visible in Excel", "The header of my Excel sheet scrolls away", "delete the top row in Excel"),
    ("learn to swim as an adult", "swimming be learned at a grown-up age", "learning to swim when you are grown up", "I am an adult and cannot swim", "teach a child to swim"),
    ("rotate a video on Android", "a video be rotated on Android", "turning a video the right way up on Android", "My Android video is sideways", "shorten a video on Android"),
    ("restart a stuck Kubernetes pod", "a stuck Kubernetes pod be restarted", "restarting a pod that hangs in Kubernetes", "One of my Kubernetes pods hangs", "scale a Kubernetes deployment"),
    ("save money on groceries", "money be saved on groceries", "spending less on food", "I spend too much at the supermarket", "save money on heating"),
]
# (plain form, past, participle, by whom and to whom it can happen)
DEEDS = [("repair", "repaired", "repaired"), ("paint", "painted", "painted"), ("sell", "sold", "sold"), ("steal", "stole", "stolen"), ("find", "found", "found"), ("destroy", "destroyed", "destroyed"), ("inspect", "inspected", "inspected"), ("return", "returned", "returned"), ("deliver", "delivered", "delivered"), ("translate", "translated", "translated"), ("review", "reviewed", "reviewed"), ("publish", "published", "published"), ("cancel", "canceled", "canceled"), ("lose", "lost", "lost"), ("hide", "hid", "hidden")]
OBJECTS = ["the painting", "the contract", "the boat", "the letter", "the old piano", "the report", "the bicycle", "the manuscript", "the package", "the car"]
ANIMALS = ["the dog", "the cat", "the horse", "the fox", "the goat", "the snake", "the bear", "the eagle"]
BEASTLY = [("chase", "chased", "chased"), ("bite", "bit", "bitten"), ("wake", "woke", "woken"), ("frighten", "frightened", "frightened"), ("hurt", "hurt", "hurt"), ("follow", "followed", "followed"), ("ignore", "ignored", "ignored"), ("rescue", "rescued", "rescued")]
COMPARED = [("bigger", "smaller"), ("older", "younger"), ("heavier", "lighter"), ("faster", "slower"), ("more expensive", "cheaper"), ("stronger", "weaker"), ("safer", "more dangerous"), ("warmer", "colder"), ("richer", "poorer"), ("taller", "shorter")]
RELATED = [("aunt", "niece"), ("father", "daughter"), ("boss", "assistant"), ("uncle", "nephew"), ("doctor", "patient"), ("teacher", "student"), ("grandmother", "grandson")]


def task(rng: random.Random) -> Family:
    (do, done, doing, state, other), (far, *_) = rng.sample(TASKS, 2)
    same = each(["How do I {0}?", "How can {1}?", "What should I know about {2}?", "{3}. What can I do?", "{3}. How do I deal with that?", "Give me instructions for {2}", "What's a good way to {0}?", "{3}, what now?", "I'd like some advice on {2}", "Tips for {2}", "What works for {2}?", "I need to {0}, where do I start?", "In what way can {1}?", "Show me how to {0}", "Walk me through {2}", "Could you describe how to {0}?"], do, done, doing, state)
    traps = each(["How do I {0}?", "Show me how to {0}", "What's a good way to {0}?", "I need to {0}, where do I start?"], other) + each(["Why would anyone {0}?", "Is it possible to {0} for free?", "How long does it take to {0}?", "How much does it cost to {0}?", "Who can {0} for me?", "What happens if I don't {0}?", "When is it too late to {0}?", "Which mistakes do people make when they {0}?"], do)
    return same, traps + [f"How do I {far}?"]


def passive(rng: random.Random) -> Family:
    verb, past, done = rng.choice(DEEDS)
    who, whom = rng.sample(rng.choice([w.PEOPLE, ["my brother", "my boss", "my landlady", "the mayor", "the new owner", "a neighbor"]]), 2)
    thing, other = rng.sample(OBJECTS, 2)
    verb2, past2, done2 = rng.choice([each_ for each_ in DEEDS if each_[0] != verb])
    same = [f"Did {who} {verb} {thing}?", f"Was {thing} {done} by {who}?", f"Is it true that {who} {past} {thing}?", f"Is it true that {thing} was {done} by {who}?", f"Was it {who} who {past} {thing}?"]
    traps = [f"Did {whom} {verb} {thing}?", f"Was {thing} {done} by {whom}?", f"Did {who} {verb} {other}?", f"Was {thing} {done2} by {who}?", f"Did {who} not {verb} {thing}?", f"Why did {who} {verb} {thing}?", f"Was {thing} {done} for {who}?", f"Will {who} {verb} {thing}?", f"Is it false that {who} {past} {thing}?"]
    if rng.random() < 0.5:
        same = [f"How did {who} {verb} {thing}?", f"In what way did {who} {verb} {thing}?", f"How was {thing} {done} by {who}?", f"Tell me how {thing} was {done} by {who}", f"Explain how {who} {past} {thing}"]
        traps = [f"How did {whom} {verb} {thing}?", f"How was {thing} {done} by {whom}?", f"How was {other} {done} by {who}?", f"Why was {thing} {done} by {who}?", f"How did {who} {verb2} {thing}?", f"When did {who} {verb} {thing}?", f"How did {who} and {whom} {verb} {thing}?"]
    return same, traps


def beasts(rng: random.Random) -> Family:
    a, b = rng.sample(ANIMALS + ["my " + each_[4:] for each_ in ANIMALS] + ["the boy", "my neighbor", "the old man"], 2)
    verb, past, done = rng.choice(BEASTLY)
    tail = rng.choice(["What should I do?", "Why does that happen?", "Is that normal?", "Write a short story about it.", "What does the law say?"])
    same = [f"{a} {past} {b}. {tail}", f"{b} was {done} by {a}. {tail}", f"{b} got {done} by {a}. {tail}", f"{tail} {a} {past} {b}."]
    traps = [f"{b} {past} {a}. {tail}", f"{a} was {done} by {b}. {tail}", f"{a} did not {verb} {b}. {tail}", f"{a} almost {past} {b}. {tail}"]
    up = lambda lines: [line[0].upper() + line[1:] for line in lines]
    return up(same), up(traps)


def compared(rng: random.Random) -> Family:
    a, b, c = rng.sample(rng.choice([w.CITIES, w.COUNTRIES, ["a laptop", "a tablet", "a phone", "a desktop"], ["lions", "tigers", "wolves", "bears"], w.COMPANIES]), 3)
    more, less = rng.choice(COMPARED)
    be = "Are" if a == a.lower() and not a.startswith("a ") else "Is"
    same = [f"{be} {a} {more} than {b}?", f"{be} {b} {less} than {a}?", f"I want to know if {b} {be.lower()} {less} than {a}", f"Between {a} and {b}, {be.lower()} {a} the {more} of the two?"]
    return same, [f"{be} {b} {more} than {a}?", f"{be} {a} {less} than {b}?", f"{be} {a} {more} than {c}?", f"{be} {a} as {rng.choice(['good', 'popular'])} as {b}?", f"Why {be.lower()} {a} {more} than {b}?"]


def pronoun(rng: random.Random) -> Family:
    elder, younger = rng.choice(RELATED)
    a, b = rng.sample(w.PEOPLE, 2)
    deed = rng.choice(["asked for a loan", "wants to move abroad", "forgot the appointment", "broke a window", "missed the deadline", "won the lottery"])
    end = rng.choice(["What should happen next?", "What would you advise?", "Write a reply.", "How would you react?"])
    same = [f"{a} is {b}'s {elder}, and {a} {deed}. {end}", f"{b} is {a}'s {younger}, and {a} {deed}. {end}", f"{a}, who is the {elder} of {b}, {deed}. {end}", f"{b}'s {elder}, {a}, {deed}. {end}"]
    traps = [f"{a} is {b}'s {elder}, and {b} {deed}. {end}", f"{b} is {a}'s {elder}, and {a} {deed}. {end}", f"{a} is {b}'s {younger}, and {a} {deed}. {end}", f"{a}, who is the {younger} of {b}, {deed}. {end}"]
    return same, traps


def buried(rng: random.Random) -> Family:
    """Two or three statements and a question; the trap negates one of them, or asks something else of the same."""
    (yes, yes2, no, no2, ask), *others = rng.sample(w.STATEMENTS, 3)
    around = [rng.choice(each_[:4]) for each_ in others[: rng.choice((1, 2))]]
    if rng.random() < 0.5:
        yes, yes2, no, no2 = no, no2, yes, yes2

    def told(fact: str, question: str) -> str:
        lines = [fact, *around]
        rng.shuffle(lines)
        return f"{rng.choice(['. ', '. Also, '] if len(lines) > 2 else ['. '])}".join(lines) + f". {question}"

    same = [told(yes, ask), told(yes2, ask), told(yes, ask), f"{ask} {told(yes2, '').strip()}"]
    return same, [told(no, ask), told(no2, ask), told(yes, others[0][4]), f"{ask} {told(no, '').strip()}"]
