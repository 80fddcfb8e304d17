// Guards on what is meant: polarity, names, direction, roles, kind of question, persons, language, length, minimal pairs.
import { deed } from "../../src/guards/deed.ts";
import { direction } from "../../src/guards/direction.ts";
import { language } from "../../src/guards/language.ts";
import { length } from "../../src/guards/length.ts";
import { minimalPair } from "../../src/guards/minimal-pair.ts";
import { names } from "../../src/guards/names.ts";
import { parts } from "../../src/guards/parts.ts";
import { persons } from "../../src/guards/persons.ts";
import { polarity } from "../../src/guards/polarity.ts";
import { questionWord } from "../../src/guards/question-word.ts";
import { roles } from "../../src/guards/roles.ts";
import { describeGuard } from "./describe-guard.ts";

describeGuard(polarity, [
  ["Is it safe to swim here?", "Is swimming safe here?", "pass"],
  ["Is it safe to swim here?", "Is it not safe to swim here?", "refuse"],
  ["Is it safe to swim here?", "Is it dangerous to swim here?", "refuse"],
  ["Is it unsafe to swim here?", "Is it not safe to swim here?", "doubt"],
  ["The parcel came. What now?", "The parcel didn't come. What now?", "refuse"],
  ["How do I enable logging?", "How do I disable logging?", "refuse"],
  ["What should I eat before a race?", "What should I eat after a race?", "refuse"],
  ["How do I get more sleep?", "How do I get less sleep?", "refuse"],
  ["How do I connect a screen?", "How do I disconnect a screen?", "refuse"],
  ["How do I avoid gaining weight?", "How do I not gain weight?", "doubt"],
  ["Buying a car", "Selling a car", "refuse"],
  ["Make this sentence politer", "Make this sentence ruder", "refuse"],
  ["Find a friendlier ending", "Find a more hostile ending", "refuse"],
  ["Make this sentence shorter", "Make this sentence more concise", "pass"],
]);

describeGuard(names, [
  ["Where is Lake Garda?", "Where is Lake Como?", "refuse"],
  ["When was Donald Duck invented?", "When was Duck invented?", "pass"],
  ["What do people in Germany eat?", "What do German people eat?", "pass"],
  ["What is the best bank in Peru?", "What is the best bank?", "doubt"],
  ["How big is the USA?", "How big is America?", "pass"],
  ["who is anna?", "Who is Anna?", "pass"],
]);

describeGuard(direction, [
  ["Buses from Riga to Tartu", "Buses to Tartu from Riga", "pass"],
  ["Buses from Riga to Tartu", "Buses from Tartu to Riga", "refuse"],
  ["How far is Riga from Tartu?", "How far is it from Riga to Tartu?", "pass"],
  ["Convert miles to knots", "Convert knots to miles", "refuse"],
]);

describeGuard(roles, [
  ["Did Mia call Tom?", "Did Tom call Mia?", "refuse"],
  ["Did Mia call Tom?", "Was Tom called by Mia?", "pass"],
  ["Did Mia call Tom?", "Was Mia called by Tom?", "refuse"],
  ["Is Mia a cousin of Tom?", "Is Tom a cousin of Mia?", "pass"],
  ["My cousin hit my friend", "My friend hit my cousin", "refuse"],
  ["Compare tea with coffee", "Compare coffee with tea", "pass"],
  ["My fox woke the goat. Is that normal?", "Is that normal? The goat woke my fox.", "refuse"],
  ["My fox woke the goat. Is that normal?", "Is that normal? My fox woke the goat.", "pass"],
  ["The boy was woken by my goat", "The boy woke my goat", "refuse"],
  ["Hi, Mia is Tom's aunt, and Tom left. Why?", "Tom is Mia's aunt, and Tom left. Why?", "refuse"],
  ["My old uncle hit the goat", "The goat hit my old uncle", "refuse"],
  ["Do Mia and Tom like Ann?", "Do Tom and Mia like Ann?", "pass"],
  ["Is a big red ball round?", "Is a red big ball round?", "doubt"],
]);

describeGuard(questionWord, [
  ["When did Rome fall?", "Where did Rome fall?", "refuse"],
  ["Why do cats hiss?", "What is the reason that cats hiss?", "pass"],
  ["Why do cats hiss?", "How do I make a cat hiss?", "refuse"],
  ["Why do cats hiss?", "Do cats hiss?", "doubt"],
  ["How do I become a nurse?", "How do I become a person who heals?", "pass"],
  ["What is a fjord?", "Tell me about fjords", "pass"],
]);

describeGuard(deed, [
  ["Give me a regex for dates", "Explain a regex for dates", "refuse"],
  ["Write a query for all users", "Fix the query for all users", "refuse"],
  ["Write a query for all users", "Give me a query for all users", "pass"],
  ["Explain how to write a query for all users", "Write a query for all users", "pass"],
  ["Give me an overview of chess", "Explain chess", "pass"],
]);

describeGuard(persons, [
  ["What did he say?", "What did she say?", "refuse"],
  ["Can my mother drive?", "Can my father drive?", "refuse"],
  ["Can my mom drive?", "Can my mother drive?", "pass"],
  ["What is my name?", "What is your name?", "refuse"],
  ["How do I clean my oven?", "How do you clean your oven?", "pass"],
  ["Do birds sing?", "Do all birds sing?", "doubt"],
]);

describeGuard(language, [
  ["What is the capital of Chile?", "Was ist die Hauptstadt von Chile und wo ist sie?", "refuse"],
  ["What is the capital of Chile?", "Какая столица Чили?", "refuse"],
  ["Wie ist das Wetter in der Stadt?", "Wie ist in der Stadt das Wetter?", "doubt"],
  ["What is the capital of Chile?", "Which city is the capital of Chile?", "pass"],
]);

describeGuard(length, [
  ["Fix my code", "Please fix my code", "pass"],
  ["Fix my code", `Fix my code${" and then do one thing more".repeat(5)}`, "refuse"],
  ["How do I bake bread?", "How do I bake bread in an old oven that has only one heat and no fan?", "doubt"],
]);

describeGuard(minimalPair, [
  ["How do I train a dog?", "How do I train a parrot?", "doubt"],
  ["How do I train a dog?", "What is the best way to train a dog?", "pass"],
  ["How do I train a dog?", "Where can parrots live well?", "pass"],
]);

describeGuard(parts, [
  ["What is GDP?", "What is GDP? How is it calculated?", "doubt"],
  ["Who inspires you?", "Who inspires you and why?", "doubt"],
  ["My card was declined. What can I do?", "What can I do if my card was declined?", "pass"],
  ["Tell me about tea and coffee", "What are tea and coffee?", "pass"],
]);
