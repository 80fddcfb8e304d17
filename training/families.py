"""Families of requests: each draws one and gives (wordings of it, traps)."""

from __future__ import annotations

import random

import words as w

Family = tuple[list[str], list[str]]
HOW_TO = ["How do I {} {}?", "How can I {} {}?", "What are the steps to {} {}?", "I want to {} {}. How does that work?", "Tell me how to {} {}", "What's the best way to {} {}?", "{} {}: how?", "Explain how to {} {}", "Is there a way to {} {}?"]
DEFINE = ["What is {}?", "Explain {}", "Tell me about {}", "Describe {}", "Give me an overview of {}", "Can you explain what {} is?", "Help me understand {}", "I'd like to know what {} is", "What's {}?", "Introduce me to {}", "What is meant by {}?"]
FACETS = [
    ["What are the advantages of {}?", "What are the pros of {}?", "List the benefits of {}", "Why is {} good?"],
    ["What are the disadvantages of {}?", "What are the cons of {}?", "List the drawbacks of {}", "What are the downsides of {}?"],
    ["What is the history of {}?", "How did {} originate?", "Where does {} come from?"],
    ["How does {} work?", "Explain how {} works", "What is the working principle of {}?"],
    ["Give me an example of {}", "Show me an example of {}", "What's an example of {}?"],
    ["When should I use {}?", "In which cases is {} the right choice?"],
    ["When should I not use {}?", "In which cases is {} the wrong choice?", "When should {} be avoided?"],
    ["What are alternatives to {}?", "What can be used instead of {}?"],
    ["Explain {} to a five-year-old", "Explain {} as if I were five", "Explain {} in words a small child understands"],
    ["Explain {} in one sentence", "Describe {} in a single sentence"],
    ["Explain {} in detail", "Give me a detailed explanation of {}"],
    ["Write a poem about {}", "Compose a poem on {}"],
    ["Write a quiz about {}", "Create quiz questions on {}"],
]


def each(patterns: list[str], *values: str) -> list[str]:
    return [pattern.format(*values) for pattern in patterns]


def definition(rng: random.Random) -> Family:
    group = rng.choice(w.TOPICS)
    topic, other = rng.sample(group, 2)
    return each(DEFINE, topic), each(DEFINE, other) + [line for facet in FACETS for line in each(facet[:1], topic)]


def facet(rng: random.Random) -> Family:
    group = rng.choice(w.TOPICS)
    topic, other = rng.sample(group, 2)
    mine, theirs = rng.sample(FACETS, 2)
    return each(mine, topic), each(mine, other) + each(theirs, topic) + each(DEFINE[:2], topic)


def comparison(rng: random.Random) -> Family:
    group = rng.choice([each_ for each_ in w.TOPICS if len(each_) > 2])
    a, b, c = rng.sample(group, 3)
    same = each(["What is the difference between {} and {}?", "How do {} and {} differ?", "Compare {} with {}", "{} vs {}", "{1} vs. {0}: what are the differences?", "What distinguishes {1} from {0}?", "Difference between {1} and {0}"], a, b)
    traps = each(["What do {} and {} have in common?", "Is {} better than {}?", "What is {1}?"], a, b) + [f"What is the difference between {a} and {c}?", f"Compare {c} with {b}", f"Can {a} be used together with {b}?"]
    return same, traps


def opposite(rng: random.Random) -> Family:
    verbs, against, things = rng.choice(w.OPPOSITES)
    if rng.random() < 0.5:
        verbs, against = against, verbs
    thing, other = rng.sample(things, 2)
    same = [pattern.format(verb, thing) for verb in verbs for pattern in rng.sample(HOW_TO, 3)]
    traps = [pattern.format(verb, thing) for verb in against for pattern in rng.sample(HOW_TO, 2)]
    first = verbs[0]
    return same, traps + [f"How do I {first} {other}?", f"Why should I {first} {thing}?", f"Why can't I {first} {thing}?", f"How do I not {first} {thing}?", f"What happens when I {first} {thing}?", f"Who can {first} {thing}?"]


def superlative(rng: random.Random) -> Family:
    country, country2 = rng.sample(w.COUNTRIES, 2)
    city, city2 = rng.sample(w.CITIES, 2)
    fill = {"country": country, "city": city, "city2": city2, "lang": rng.choice(w.LANGUAGES)}
    pattern = rng.choice(w.SUPERLATIVE_NOUNS)
    noun = pattern.format(**fill)
    elsewhere = pattern.format(**{**fill, "country": country2, "city": city2, "city2": city, "lang": rng.choice([each_ for each_ in w.LANGUAGES if each_ != fill["lang"]])})
    adjective, against = rng.choice(w.ADJECTIVES)
    if rng.random() < 0.5:
        adjective, against = against, adjective
    same = each(["What is the {} {}?", "Which {1} is the {0}?", "Tell me the {} {}", "I'm looking for the {} {}", "What's considered the {} {}?"], adjective, noun)
    return same, each(["What is the {} {}?", "Which {1} is the {0}?"], against, noun) + each(["What is the {} {}?", "Tell me the {} {}"], adjective, elsewhere)


def before_after(rng: random.Random) -> Family:
    event, other = rng.sample(w.EVENTS, 2)
    act = rng.choice(["eat", "do", "avoid", "check", "drink", "wear"])
    early = each(["What should I {} before {}?", "Before {1}, what should I {0}?", "What is it good to {} ahead of {}?", "What should I {} prior to {}?"], act, event)
    late = each(["What should I {} after {}?", "After {1}, what should I {0}?", "What is it good to {} following {}?", "Once {1} is over, what should I {0}?"], act, event)
    extra = [f"What should I {act} during {event}?", f"What should I not {act} before {event}?", f"What should I not {act} after {event}?", f"What should I {act} before {other}?", f"What should I {act} after {other}?"]
    return (early, late + extra) if rng.random() < 0.5 else (late, early + extra)


def statement(rng: random.Random) -> Family:
    yes, yes2, no, no2, question = rng.choice(w.STATEMENTS)
    yes, yes2, no, no2 = ([f"{text}. {question}", f"{question} {text}."] for text in (yes, yes2, no, no2))
    return (yes + yes2, no + no2) if rng.random() < 0.5 else (no + no2, yes + yes2)


def roles(rng: random.Random) -> Family:
    a, b = rng.sample(rng.choice([w.PEOPLE, w.TEAMS, w.COMPANIES, w.COUNTRIES, ["the manager", "the employee", "the customer", "the supplier"], ["my sister", "my neighbor", "my boss", "my landlord"]]), 2)
    active, done = rng.choice(w.ROLE_VERBS)
    kind = rng.randrange(5)
    shapes = [
        (["Why did {0} {2} {1}?", "Why was {1} {3} by {0}?", "What was the reason for {1} being {3} by {0}?", "For what reason did {0} {2} {1}?"], ["Why did {1} {2} {0}?", "Why was {0} {3} by {1}?", "When did {0} {2} {1}?"]),
        (["When did {0} {2} {1}?", "When was {1} {3} by {0}?", "On what date was {1} {3} by {0}?"], ["When did {1} {2} {0}?", "When was {0} {3} by {1}?", "Where did {0} {2} {1}?"]),
        (["Write a story in which {0} was {3} by {1}", "Write a story in which {1} had to {2} {0}", "Tell a story where it is {1} who has to {2} {0}"], ["Write a story in which {1} was {3} by {0}", "Write a story in which {0} had to {2} {1}", "Write a poem in which {1} was {3} by {0}"]),
        (["Write a message from {0} to {1} about the delay", "Compose what {0} would write to {1} about the delay", "Draft a message to {1} from {0} about the delay"], ["Write a message from {1} to {0} about the delay", "Draft a message to {0} from {1} about the delay"]),
        (["Does {0} owe money to {1}?", "Is {1} owed money by {0}?", "Does {1} get money from {0}?"], ["Does {1} owe money to {0}?", "Is {0} owed money by {1}?"]),
    ]
    same, traps = shapes[kind]
    return each(same, a, b, active, done), each(traps, a, b, active, done)


def directions(rng: random.Random) -> Family:
    a, b, c = rng.sample(rng.choice([w.CITIES, w.COUNTRIES]), 3)
    mode, other = rng.sample(["flights", "trains", "buses"], 2)
    if rng.random() < 0.3:
        return each(["How far is it from {} to {}?", "What is the distance between {} and {}?", "Distance between {1} and {0}", "How far is {} from {}?", "How many kilometers lie between {1} and {0}?"], a, b), each(["How far is it from {0} to {2}?", "How long does it take to get from {0} to {1}?", "How do I get from {0} to {1}?", "What is the distance between {2} and {1}?"], a, b, c)
    same = each(["Find {2} from {0} to {1}", "{2} from {0} to {1}", "Which {2} go from {0} to {1}?", "I need to get from {0} to {1}, what {2} are there?", "{2} to {1} leaving from {0}", "{2} departing {0}, arriving {1}"], a, b, mode)
    traps = each(["Find {2} from {1} to {0}", "{2} to {0} leaving from {1}", "I need to get from {1} to {0}, what {2} are there?", "Find {3} from {0} to {1}", "Find {2} from {0} to {4}", "Cheapest {2} from {0} to {1} next month", "Return {2} from {0} to {1}"], a, b, mode, other, c)
    return same, traps


def units(rng: random.Random) -> Family:
    unit, to, other = rng.choice(w.UNITS)
    if rng.random() < 0.4:
        unit, to = to, unit
    number = rng.choice([2, 3, 5, 7, 8, 12, 15, 20, 25, 40, 50, 68, 75, 100, 120, 250, 1000])
    wrong = rng.choice([number + 1, number * 10, number * 2, number + 5])
    same = each(["Convert {} {} to {}", "How many {2} are {0} {1}?", "What is {} {} in {}?", "{} {} in {}", "Express {} {} in {}", "{} {} equals how many {}?"], str(number), unit, to)
    traps = each(["Convert {0} {2} to {1}", "How many {1} are {0} {2}?", "Convert {3} {1} to {2}", "What is {3} {1} in {2}?", "Convert {0} {1} to {4}"], str(number), unit, to, str(wrong), other)
    return same, traps


def text_task(rng: random.Random) -> Family:
    text, text2 = rng.sample(w.TEXTS, 2)
    task, task2 = rng.sample(w.TEXT_TASKS, 2)
    same = [f"{line} {text}" for line in task] + [f"{text}\n\n{task[0]}"]
    return same, [f"{line} {text2}" for line in task] + [f"{line} {text}" for line in task2]


def code(rng: random.Random) -> Family:
    at = rng.randrange(len(w.CODE_TASKS))
    task = w.CODE_TASKS[at]
    near = w.CODE_TASKS[at ^ 1] if at ^ 1 < len(w.CODE_TASKS) else w.CODE_TASKS[0]
    language, language2 = rng.sample(w.CODE_LANGUAGES, 2)
    wordings = ["Write a {1} function to {0}", "How do I {0} in {1}?", "{1} code to {0}", "Show me {1} code to {0}", "In {1}, how would you {0}?"]
    same = [pattern.format(text, language) for text in task if " " in text and text.split()[0] not in ("string", "palindrome", "ascending", "descending", "recursive", "iterative") for pattern in wordings]
    traps = [pattern.format(task[0], language2) for pattern in wordings[:3]] + [pattern.format(near[0], language) for pattern in wordings[:3]] + [f"Why does my {language} code fail to {task[0]}?", f"Write a unit test for a {language} function that should {task[0]}", f"How do I {task[0]} in {language} without built-in functions?"]
    return same, traps
