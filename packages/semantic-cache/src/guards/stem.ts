/** Cuts the endings of plural, past and -ing, roughly: only for comparing one stem with another. */
export function stem(word: string): string {
  if (word.length < 4 || /\d/.test(word)) return word;
  const cut = word
    .replace(/(?:'s|s')$/, "")
    .replace(/ies$/, "y")
    .replace(/(?<=s|x|z|ch|sh)es$/, "")
    .replace(/(?<=[^su])s$/, "")
    .replace(/(?<=.{2}[^e])ed$/, "")
    .replace(/(?<=.{3})ing$/, "");
  return cut.replace(/([^aeiou])\1$/, "$1").replace(/e$/, "");
}
