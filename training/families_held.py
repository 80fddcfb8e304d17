"""Families that nothing is trained on: calibrate.py learns from them how sure the verifier must be about instructions."""

from __future__ import annotations

import random

from families import Family, each

DISHES = ["lentil soup", "lasagna", "banana bread", "fried rice", "potato salad", "chili", "an omelette", "apple pie", "risotto", "hummus"]
DIETS = [("without dairy", "dairy-free", "with dairy"), ("without eggs", "egg-free", "with eggs"), ("without sugar", "sugar-free", "with sugar"), ("for vegans", "vegan", "for meat eaters")]
PATTERNS = [("phone numbers", "email addresses"), ("dates", "times"), ("URLs", "file paths"), ("hex colors", "RGB colors"), ("IPv4 addresses", "IPv6 addresses"), ("postal codes", "street names")]
LETTERS = [("resign from my job", "my resignation", "apply for a job"), ("complain about a broken washing machine", "my complaint about a broken washing machine", "praise a new washing machine"), ("ask for a day off", "a day off that I need", "turn down a day off"), ("invite my team to lunch", "a lunch to which I invite my team", "thank my team for lunch"), ("apologize for a late delivery", "my apology for a late delivery", "complain about a late delivery"), ("confirm an appointment", "the confirmation of an appointment", "cancel an appointment"), ("congratulate a colleague on a promotion", "congratulations to a colleague on a promotion", "ask for a promotion")]
TABLES = [("customers", "older than 40", "over 40 years of age", "younger than 40"), ("orders", "that were shipped", "with the state shipped", "that were not shipped"), ("products", "cheaper than 20 dollars", "that cost less than 20 dollars", "that cost more than 20 dollars"), ("flights", "that land before noon", "with an arrival before noon", "that land after noon"), ("tickets", "that nobody owns", "without an owner", "that somebody owns"), ("songs", "longer than 5 minutes", "that last more than 5 minutes", "shorter than 5 minutes")]
PLACES = ["Lisbon", "Kyoto", "Vienna", "Marrakesh", "Edinburgh", "Seville", "Tallinn", "Ljubljana", "Quebec City", "Valparaiso"]
DAYS = [("two days", "a weekend", "a week"), ("one day", "24 hours", "three days"), ("a week", "seven days", "two weeks")]
IDEAS = ["photosynthesis", "inflation", "black holes", "recursion", "vaccination", "plate tectonics", "supply and demand", "neural networks", "osmosis", "public-key encryption"]
AUDIENCES = [("a child", "a kid", "an expert"), ("a beginner", "somebody new to it", "an advanced student"), ("my grandmother", "my grandma", "my boss"), ("a layperson", "someone without any background", "a specialist")]
LINES = ["The shop opens at nine and closes at six.", "We lost the match although we played well.", "He never said that he was sorry.", "Send me the figures before you leave.", "The bridge will be closed for repairs.", "Nobody told us that the date had changed."]
TONES = [("politer", "more polite", "ruder"), ("shorter", "more concise", "longer"), ("simpler", "easier to understand", "more complex"), ("friendlier", "warmer", "colder")]
MOODS = [("a sad", "a melancholy", "a cheerful"), ("a funny", "a humorous", "a serious"), ("a scary", "a frightening", "a soothing")]
HEROES = ["a lighthouse keeper", "a lost robot", "two rival chefs", "a talking tree", "a retired spy", "an old sailor"]
BUGS = [("returns None", "gives back None", "returns a list"), ("never ends", "runs forever", "ends too early"), ("raises a KeyError", "fails with a KeyError", "raises a ValueError"), ("is too slow", "takes too long", "is too complicated")]
WHAT = ["parser", "login handler", "sorting function", "cache", "date formatter", "file reader"]


def recipe(rng: random.Random) -> Family:
    dish, other = rng.sample(DISHES, 2)
    diet, free, against = rng.choice(DIETS)
    same = each(["Give me a recipe for {0} {1}", "How do I make {0} {1}?", "Write down how to cook {0} {1}", "I want to make {0}, {2}. What do I need to do?", "Teach me to prepare {0} {1}"], dish, diet, free)
    return same, each(["Give me a recipe for {0} {2}", "Give me a recipe for {1} {3}", "How do I make {0} {2}?", "How long does {0} {3} keep?", "Where can I buy {0} {3}?"], dish, other, against, diet)


def pattern(rng: random.Random) -> Family:
    thing, other = rng.sample(rng.choice(PATTERNS), 2)
    same = each(["Write a regular expression that matches {0}", "Give me a regex for {0}", "Which regex finds {0}?", "I need a regex to detect {0}"], thing)
    return same, each(["Write a regular expression that matches {1}", "Give me a regex for {1}", "Give me a regex that matches anything but {0}", "Write a regex that removes {0}", "Explain a regex for {0}"], thing, other)


def letter(rng: random.Random) -> Family:
    do, about, other = rng.choice(LETTERS)
    same = each(["Write an email to {0}", "Draft an email about {1}", "Help me write an email to {0}", "Compose an email in which I {0}", "I have to {0}. Write the email for me"], do, about)
    return same, each(["Write an email to {2}", "Draft a text message to {0}", "When should I {0}?", "Write a reply to an email about {1}", "Compose an email in which I don't {0}", "Help me write an email to {2}"], do, about, other)


def query(rng: random.Random) -> Family:
    table, which, in_other_words, against = rng.choice(TABLES)
    same = each(["Write a SQL query for all {0} {1}", "SQL to list the {0} {2}", "Give me SQL that returns {0} {1}", "Which SQL query selects {0} {2}?", "How do I select all {0} {1} in SQL?"], table, which, in_other_words)
    return same, each(["Write a SQL query for all {0} {3}", "SQL that deletes all {0} {1}", "Give me SQL that counts {0} {1}", "Give me SQL that returns {0} {3}", "Write a pandas expression for all {0} {1}"], table, which, in_other_words, against)


def trip(rng: random.Random) -> Family:
    place, other = rng.sample(PLACES, 2)
    days, alike, more = rng.choice(DAYS)
    same = each(["Plan {1} in {0}", "Make an itinerary for {2} in {0}", "What should I do with {1} in {0}?", "I have {2} in {0}, plan it for me", "Suggest how to spend {1} in {0}"], place, days, alike)
    return same, each(["Plan {2} in {0}", "Plan {1} in {3}", "Make an itinerary for {2} in {0}", "What does it cost to spend {1} in {0}?", "How do I get to {0} for {1}?", "What should I avoid during {1} in {0}?"], place, days, more, other)


def lesson(rng: random.Random) -> Family:
    idea, other = rng.sample(IDEAS, 2)
    audience, alike, against = rng.choice(AUDIENCES)
    same = each(["Explain {0} to {1}", "How would you explain {0} to {2}?", "Describe {0} in a way that {1} understands", "I want to explain {0} to {2}. How?", "Teach {0} to {1}"], idea, audience, alike)
    return same, each(["Explain {0} to {2}", "Explain {3} to {1}", "Why is {0} hard to explain to {1}?", "Describe {0} in a way that {2} understands", "Write an exam about {0} for {1}"], idea, audience, against, other)


def rewrite(rng: random.Random) -> Family:
    line, other = rng.sample(LINES, 2)
    tone, alike, against = rng.choice(TONES)
    same = each(['Make this {1}: "{0}"', 'Rewrite "{0}" so that it is {2}', 'Can you make "{0}" {1}?', 'Find a {1} way to say "{0}"'], line, tone, alike)
    return same, each(['Make this {2}: "{0}"', 'Make this {1}: "{3}"', 'Rewrite "{0}" so that it is {2}', 'Why should "{0}" be {1}?', 'Translate "{0}" to Dutch'], line, tone, against, other)


def tale(rng: random.Random) -> Family:
    hero, other = rng.sample(HEROES, 2)
    mood, alike, against = rng.choice(MOODS)
    same = each(["Write {1} story about {0}", "Tell me {2} story about {0}", "I'd like {1} story in which {0} is at the center", "Make up {2} tale about {0}"], hero, mood, alike)
    return same, each(["Write {2} story about {0}", "Write {1} story about {3}", "Write {1} song about {0}", "Write {1} story for {0}", "Tell me {2} story about {0}"], hero, mood, against, other)


def debug(rng: random.Random) -> Family:
    what, other = rng.sample(WHAT, 2)
    bug, alike, against = rng.choice(BUGS)
    same = each(["My {0} {1}. What could be wrong?", "Help me find out why my {0} {2}", "Why does it happen that my {0} {1}?", "I don't see why my {0} {2}, what should I check?"], what, bug, alike)
    return same, each(["My {0} {2}. What could be wrong?", "My {3} {1}. What could be wrong?", "Help me find out why my {0} {2}", "Write a {0} that never {1}", "Write a test that shows that my {0} {1}"], what, bug, against, other)


HELD = [recipe, pattern, letter, query, trip, lesson, rewrite, tale, debug]
