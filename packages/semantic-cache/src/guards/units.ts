import { differences, type Guard } from "./guard.ts";
import { numberOf } from "./number-words.ts";
import type { Reading } from "./reading.ts";

/** One unit a line, all its names. */
const names = `km kms kilometer kilometers kilometre kilometres
mi mile miles
m meter meters metre metres
cm centimeter centimeters centimetre centimetres
mm millimeter millimeters millimetre millimetres
ft foot feet
inch inches
yd yard yards
kg kgs kilo kilos kilogram kilograms
g gram grams
lb lbs pound pounds
oz ounce ounces
ton tons tonne tonnes
celsius centigrade
fahrenheit
kelvin
liter liters litre litres
ml milliliter milliliters millilitre
gallon gallons
cup cups
acre acres
hectare hectares
ms millisecond milliseconds
sec secs seconds
min mins minute minutes
hour hours hr hrs
day days
week weeks
month months
year years yr yrs
decade decades
kb kilobyte kilobytes
mb megabyte megabytes
gb gigabyte gigabytes
tb terabyte terabytes
mbps
gbps
dollar dollars usd bucks
euro euros eur
yen jpy
rupee rupees inr
won krw
mph
kmh kph
knot knots
percent percentage
calories kcal
joule joules
watt watts
volt volts
am
pm`;
const unitOf = new Map(names.split("\n").flatMap((line) => line.split(" ").map((name) => [name, line.split(" ")[0] ?? ""] as const)));
const symbols: Record<string, string> = { $: "dollar", "€": "euro", "£": "lb", "%": "percent", "₹": "rupee", "¥": "yen" };
/** Names that are other words too: a unit only beside a number. */
const onlyAfterNumber = new Set([
  "m",
  "g",
  "mi",
  "min",
  "am",
  "pm",
  "sec",
  "ms",
  "day",
  "days",
  "week",
  "month",
  "year",
  "years",
  "foot",
  "cup",
  "won",
  "mb",
  "gb",
]);

/** The units that are named, and those that are attached to a number ("5 mile"). */
function unitsOf({ text, words }: Reading): { named: Set<string>; measured: Map<string, string> } {
  const named = new Set<string>();
  const measured = new Map<string, string>();
  words.forEach((word, at) => {
    const unit = unitOf.get(word);
    if (unit === undefined) return;
    const number = numberOf(words[at - 1] ?? "");
    if (number !== undefined) measured.set(String(number), unit);
    if (number !== undefined || !onlyAfterNumber.has(word)) named.add(unit);
  });
  for (const [, before, digits, after] of text.matchAll(/([$€£₹¥])?(\d[\d,]*(?:\.\d+)?)\s?(%)?/g)) {
    const symbol = symbols[before ?? after ?? ""];
    if (symbol === undefined) continue;
    named.add(symbol);
    measured.set(String(Number(digits?.replaceAll(",", ""))), symbol);
  }
  return { named, measured };
}

/** A number has the same unit on both sides, and no unit is exchanged for another. */
export const units: Guard = {
  name: "units",
  check(a, b) {
    const [one, other] = [unitsOf(a), unitsOf(b)];
    for (const [number, unit] of one.measured) {
      const theirs = other.measured.get(number);
      if (theirs !== undefined && theirs !== unit) return "refuse";
    }
    const { onlyA, onlyB } = differences(one.named, other.named);
    if (onlyA.length > 0 && onlyB.length > 0) return "refuse";
    return onlyA.length + onlyB.length > 0 ? "doubt" : "pass";
  },
};
