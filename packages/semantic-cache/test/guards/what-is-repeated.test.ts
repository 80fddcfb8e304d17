// Guards on what an answer repeats or computes with: numbers, units, dates, quotes, code, variables, texts, forms.
import { expect, test } from "vitest";
import { dates } from "../../src/guards/dates.ts";
import { forms } from "../../src/guards/forms.ts";
import { literals } from "../../src/guards/literals.ts";
import { numbers, numbersOf } from "../../src/guards/numbers.ts";
import { payload } from "../../src/guards/payload.ts";
import { read } from "../../src/guards/reading.ts";
import { units } from "../../src/guards/units.ts";
import { variables } from "../../src/guards/variables.ts";
import { describeGuard } from "./describe-guard.ts";

describeGuard(numbers, [
  ["List 5 tips for packing", "List five tips for packing", "pass"],
  ["List 5 tips for packing", "List 6 tips for packing", "refuse"],
  ["List tips for packing", "List 3 tips for packing", "refuse"],
  ["What does 1,500 euros buy?", "What does 1500 euros buy?", "pass"],
  ["A salary of 40k", "A salary of 40,000", "pass"],
  ["twenty-five ideas", "25 ideas", "pass"],
  ["What is new in version 3.9.1?", "What is new in version 3.9.2?", "refuse"],
  ["Who won the 1st race?", "Who won the first race?", "pass"],
  ["Who won the first race?", "Who won the third race?", "refuse"],
  ["What started World War I?", "What started World War II?", "refuse"],
  ["What started World War 2?", "What started World War II?", "pass"],
  ["Which one should I take?", "Which should I take?", "pass"],
]);

test("a number is its value, however it is written", () => {
  expect(numbersOf(read("2 million people, a hundred cars and the 3rd of two dozen"))).toEqual(new Set(["2000000", "100", "#3", "24"]));
});

describeGuard(units, [
  ["How long are 8 miles in km?", "How many kilometers are 8 miles?", "pass"],
  ["How long are 8 miles in km?", "How long are 8 km in miles?", "refuse"],
  ["A hike of 8 miles", "A hike of 8 km", "refuse"],
  ["I have $20", "I have 20 dollars", "pass"],
  ["I have $20", "I have 20 euros", "refuse"],
  ["Convert 3 pounds to ounces", "Convert 3 pounds to grams", "refuse"],
]);

describeGuard(dates, [
  ["Is it rainy in Oslo in June?", "Is it rainy in Oslo in July?", "refuse"],
  ["Is the shop open on Mondays?", "Is the shop open Monday?", "pass"],
  ["Is the shop open on Monday?", "Is the shop open?", "doubt"],
  ["May I park here?", "Can I park here?", "pass"],
  ["What to see in May", "What to see in March", "refuse"],
]);

describeGuard(literals, [
  ['Translate "see you" to Greek', "How do you say see you in Greek?", "pass"],
  ['Translate "see you" to Greek', 'Translate "bye" to Greek', "refuse"],
  ["What does `git pull` do?", "Explain `git pull`", "pass"],
  ["What does `git pull` do?", "Explain `git push`", "refuse"],
  ["Why is userName null?", "Why is userMail null?", "refuse"],
  ["Why is my_list empty?", "Why is my_set empty?", "refuse"],
  ["What is in /etc/hosts?", "What is in /etc/passwd?", "refuse"],
  ["How do I open notes.txt?", "How do I open notes.md?", "refuse"],
  ["How do I learn Node.js?", "How do I learn Node?", "pass"],
  ["Is the iPhone waterproof?", "is the iphone waterproof", "pass"],
]);

describeGuard(variables, [
  ["Solve 4x + 1 = 9", "What is x if 4x + 1 = 9?", "pass"],
  ["Solve 4x + 1 = 9", "Solve 4y + 1 = 9", "refuse"],
  ["Solve 4x + 1 = 9", "Solve 4x + 2 = 9", "refuse"],
  ["Which foods have vitamin C?", "Which foods have vitamin D?", "refuse"],
  ["A program in C", "A program in R", "refuse"],
  ["Is a dog smart?", "Is the dog smart?", "pass"],
  ["What is the size of the U.S.?", "What is the size of the US?", "pass"],
]);

describeGuard(payload, [
  ["Summarize this text: The sun is a star.", "Give a summary of this text: The sun is a star.", "pass"],
  ["Summarize this text: The sun is a star.", "Summarize this text: The moon is no star.", "refuse"],
  ["A question: how do I cook rice?", "Hello: how do I boil rice well?", "pass"],
]);

describeGuard(forms, [
  ["Sort a list in Python", "Sort a list in Ruby", "refuse"],
  ["Sort a list in C++", "Sort a list in C#", "refuse"],
  ["Sort a list in Python", "Sort a list", "refuse"],
  ["Write a poem about rain", "Write a story about rain", "refuse"],
  ["Name the planets as JSON", "Name the planets as YAML", "refuse"],
  ["Explain rain in one sentence", "Explain rain in one paragraph", "refuse"],
  ["Explain rain to an expert", "Explain rain to a layman", "refuse"],
  ["Explain rain briefly", "Explain rain", "doubt"],
  ["Polish the car", "Clean the car", "pass"],
  ["How do I go home?", "What is my way home?", "pass"],
]);
