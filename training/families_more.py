"""More families: facts, numbers, names of variables, persons, modality, formats."""

from __future__ import annotations

import random

import words as w
from families import Family, each

FACTS = [
    (["What is the capital of {}?", "{}'s capital?", "Which city is the capital of {}?", "Name the capital city of {}"], w.COUNTRIES),
    (["What is the population of {}?", "How many people live in {}?", "How many inhabitants does {} have?"], w.COUNTRIES),
    (["What is the currency of {}?", "What money do they use in {}?", "Which currency is used in {}?"], w.COUNTRIES),
    (["What is the official language of {}?", "Which language is spoken in {}?", "What do people speak in {}?"], w.COUNTRIES),
    (["How large is {}?", "What is the area of {}?", "What's the size of {}?"], w.COUNTRIES),
    (["Who leads {}?", "Who is the head of government of {}?", "Who governs {}?"], w.COUNTRIES),
    (["Who founded {}?", "By whom was {} founded?", "Who is the founder of {}?", "Who started {}?"], w.COMPANIES),
    (["When was {} founded?", "In what year was {} founded?", "What's the founding year of {}?", "When did {} start?"], w.COMPANIES),
    (["Where is {} headquartered?", "Where is the head office of {}?", "In which city does {} have its headquarters?"], w.COMPANIES),
    (["What does {} sell?", "Which products does {} sell?", "What are the products of {}?"], w.COMPANIES),
    (["Who is the CEO of {}?", "Who runs {}?", "Name the chief executive of {}"], w.COMPANIES),
    (["How many employees does {} have?", "How many people work for {}?", "What's the headcount of {}?"], w.COMPANIES),
]
RELATIVES = ["my mother", "my father", "my son", "my daughter", "my wife", "my husband", "my grandmother", "my dog", "my cat", "my colleague", "my tenant"]
NEEDS = ["need a passport", "need health insurance", "have to pay taxes on a gift", "get a refund", "qualify for a student discount", "apply for citizenship", "drive with a foreign license", "open a savings account", "keep a gun at home", "inherit a house"]
COUNTED = ["ideas for a birthday party", "tips for public speaking", "names for a cat", "questions for a job interview", "facts about sharks", "reasons to learn chess", "side dishes for fish", "books about leadership", "jokes about programmers", "exercises for the back"]
NUMBERS = {2: "two", 3: "three", 4: "four", 5: "five", 6: "six", 7: "seven", 8: "eight", 10: "ten", 12: "twelve", 20: "twenty"}
FORMATS = ["as a table", "as JSON", "as YAML", "as a bulleted list", "in one sentence", "in 100 words", "in 200 words", "as a haiku", "as a tweet", "as an email", "in German", "in Spanish"]


def fact(rng: random.Random) -> Family:
    at = rng.randrange(len(FACTS))
    asked, entities = FACTS[at]
    entity, other = rng.sample(entities, 2)
    rest = [patterns for index, (patterns, pool) in enumerate(FACTS) if pool is entities and index != at]
    return each(asked, entity), each(asked, other) + [pattern.format(entity) for pattern in rng.choice(rest) + rng.choice(rest)]


def equation(rng: random.Random) -> Family:
    name, other = rng.sample(list("abcdkmnpqrtuvwxyz"), 2)
    factor, added, result = rng.randrange(2, 9), rng.randrange(1, 20), rng.randrange(21, 60)
    make = lambda n, f, s, d, r: f"{f}{n} {s} {d} = {r}"
    right = make(name, factor, "+", added, result)
    wrong = [make(other, factor, "+", added, result), make(name, factor + 1, "+", added, result), make(name, factor, "-", added, result), make(name, factor, "+", added, result + 1)]
    same = each(["Solve {}", "Solve for {1}: {0}", "What is {1} if {0}?", "Find {1} when {0}", "Which value of {1} satisfies {0}?", "Solve the equation {0}"], right, name)
    return same, [pattern.format(text, text[1]) for text in wrong for pattern in ("Solve {}", "What is {1} if {0}?", "Find {1} when {0}")] + [f"Plot {right}", f"Write a word problem for {right}"]


def arithmetic(rng: random.Random) -> Family:
    a, b, c = rng.sample(range(3, 97), 3)
    kinds = [
        ["What is {}% of {}?", "Calculate {} percent of {}", "How much is {}% of {}?"],
        ["What is {} times {}?", "Multiply {} by {}", "Calculate {} * {}"],
        ["What is {} minus {}?", "Subtract {1} from {0}", "Calculate {} - {}"],
        ["What is {} divided by {}?", "Divide {} by {}", "Calculate {} / {}"],
        ["What is {} plus {}?", "Add {} and {}", "Calculate {} + {}", "What is the sum of {1} and {0}?"],
    ]
    mine, other = rng.sample(kinds, 2)
    traps = each(mine, str(a), str(c)) + each(mine, str(c), str(b)) + each(other, str(a), str(b))
    return each(mine, str(a), str(b)), traps + (each(mine, str(b), str(a)) if mine in (kinds[2], kinds[3]) else [])


def variable(rng: random.Random) -> Family:
    name, other = rng.sample(["user", "order", "item", "total", "count", "price", "name", "index", "left", "right", "fooBar", "maxRetries", "user_id", "orderId", "config", "result", "buffer"], 2)
    language = rng.choice(w.CODE_LANGUAGES)
    patterns = rng.choice([
        ["Write a {1} class with a field called {0}", "Create a {1} class that has a field named {0}", "Give me a {1} class with one field, {0}"],
        ["Rename the variable `{0}` to `value` in my {1} code: {0} = 1", "In this {1} code, change the name of `{0}` to `value`: {0} = 1"],
        ["Write a {1} function named {0} that returns true", "Create a {1} function called {0} which returns true"],
        ["Why is `{0}` undefined in my {1} script?", "What could make `{0}` undefined in a {1} script?", "In my {1} script `{0}` is undefined, why?"],
        ["Write a SQL query that selects {0} from the table data", "SQL to select {0} from the table data", "Give me a query that returns {0} of the table data"],
    ])
    return each(patterns, name, language), each(patterns, other, language) + each(patterns[:1], name, rng.choice([each_ for each_ in w.CODE_LANGUAGES if each_ != language]))[: 1 if "{1}" in patterns[0] else 0]


def person(rng: random.Random) -> Family:
    who, other = rng.sample(RELATIVES, 2)
    need, need2 = rng.sample(NEEDS, 2)
    country = rng.choice(w.COUNTRIES)
    same = [f"Does {who} {need} in {country}?", f"In {country}, does {who} {need}?", f"I wonder whether {who} would {need} in {country}", f"Would {who} {need} in {country}?"]
    return same, [f"Does {other} {need} in {country}?", f"Do I {need} in {country}?", f"Do you {need} in {country}?", f"Does {who} not {need} in {country}?", f"Does {who} {need2} in {country}?", f"Why does {who} {need} in {country}?", f"Did {who} {need} in {country}?"]


def modality(rng: random.Random) -> Family:
    event = rng.choice(["share my salary with coworkers", "work from abroad", "rent out my apartment", "use a VPN at work", "record a meeting", "keep a deposit", "carry a knife", "drink tap water", "park on the sidewalk", "fly a drone", "skip a vaccine", "refuse overtime"])
    country, other = rng.sample(w.COUNTRIES, 2)
    groups = [
        [f"Can I legally {event} in {country}?", f"Is it legal to {event} in {country}?", f"Am I allowed to {event} in {country}?", f"Does the law of {country} let me {event}?"],
        [f"Must I {event} in {country}?", f"Do I have to {event} in {country}?", f"Am I required to {event} in {country}?", f"Is it mandatory to {event} in {country}?"],
        [f"Should I {event} in {country}?", f"Is it a good idea to {event} in {country}?", f"Would you recommend to {event} in {country}?"],
        [f"How do I {event} in {country}?", f"What's the way to {event} in {country}?"],
        [f"Why do people {event} in {country}?", f"For what reason do people {event} in {country}?"],
    ]
    mine, theirs = rng.sample(groups, 2)
    return mine, theirs + [line.replace(country, other) for line in mine] + [f"Is it illegal not to {event} in {country}?"]


def counted(rng: random.Random) -> Family:
    number, wrong = rng.sample(sorted(NUMBERS), 2)
    thing, other = rng.sample(COUNTED, 2)
    same = each(["Give me {} {}", "List {2} {1}", "I need {} {}", "Can you come up with {2} {1}?", "Write down {} {}", "{0} {1}"], str(number), thing, NUMBERS[number])
    return same, each(["Give me {} {}", "List {2} {1}"], str(wrong), thing, NUMBERS[wrong]) + each(["Give me {} {}"], str(number), other)


def formatted(rng: random.Random) -> Family:
    thing = rng.choice(COUNTED + [f"the history of {country}" for country in w.COUNTRIES[:15]] + ["the planets", "how rain forms", "the rules of football", "what a CPU does"])
    form, other = rng.sample(FORMATS, 2)
    same = each(["Give me {} {}", "Present {} {}", "I want {} {}", "Show {} {}"], thing, form)
    return same, each(["Give me {} {}", "Present {} {}"], thing, other) + [f"Give me {thing}", f"Tell me about {thing}"]


def years(rng: random.Random) -> Family:
    year = rng.randrange(1900, 2024)
    wrong = year + rng.choice([-10, -1, 1, 10, 100 if year < 1924 else -100])
    country = rng.choice(w.COUNTRIES)
    patterns = rng.choice([
        ["Who won the elections in {} in {}?", "Which party won in the {1} elections in {0}?", "Winner of the {1} elections of {0}"],
        ["What happened in {} in {}?", "Which events took place in {} in {}?", "Main events of {1} in {0}"],
        ["What was the population of {} in {}?", "How many people lived in {} in {}?", "In {1}, how many inhabitants did {0} have?"],
        ["What was the inflation rate in {} in {}?", "How high was inflation in {} in {}?", "{1} inflation in {0}"],
    ])
    return each(patterns, country, str(year)), each(patterns, country, str(wrong)) + each(patterns, rng.choice([each_ for each_ in w.COUNTRIES if each_ != country]), str(year))


def translation(rng: random.Random) -> Family:
    phrase, phrase2 = rng.sample(["thank you", "good night", "where is the station", "I love you", "the bill, please", "see you tomorrow", "how are you", "I don't understand", "I understand", "cheers", "happy birthday", "excuse me"], 2)
    language, other = rng.sample(w.LANGUAGES, 2)
    same = each(['Translate "{}" to {}', 'How do you say "{}" in {}?', "What is {} in {}?", "{1} translation of '{0}'", "How would a speaker of {1} say {0}?"], phrase, language)
    return same, each(['Translate "{0}" to {2}', 'How do you say "{0}" in {2}?', 'How do you say "{3}" in {1}?', 'Translate "{0}" from {1} to {2}', 'How do you pronounce "{0}" in {1}?'], phrase, language, other, phrase2)


def quantity(rng: random.Random) -> Family:
    what = rng.choice(["users", "orders", "employees", "cities", "students", "files"])
    number = rng.choice([3, 5, 10, 30, 50, 100])
    more = [f"Find all {what} with more than {number} entries", f"Find all {what} that have over {number} entries", f"Which {what} have more than {number} entries?", f"Show me the {what} whose entries exceed {number}"]
    less = [f"Find all {what} with fewer than {number} entries", f"Find all {what} that have under {number} entries", f"Which {what} have less than {number} entries?"]
    extra = [f"Find all {what} with exactly {number} entries", f"Find some {what} with {number * 2} entries", f"Delete all {what} with more than {number} entries", f"Delete all {what} with fewer than {number} entries"]
    return (more, less + extra) if rng.random() < 0.5 else (less, more + extra)
