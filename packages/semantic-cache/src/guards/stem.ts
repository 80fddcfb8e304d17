const irregular = new Map(
  `known knew know|seen saw see|taken took take|given gave give|written wrote write|found find|told tell|made make|paid pay|sold sell
bought buy|taught teach|caught catch|led lead|held hold|met meet|heard hear|felt feel|kept keep|lost lose|won win|beaten beat
chosen chose choose|driven drove drive|eaten ate eat|forgotten forgot forget|hidden hid hide|shown show|stolen stole steal
thrown threw throw|understood understand|forgiven forgave forgive|sent send|spent spend|brought bring|thought think|built build
broken broke break|spoken spoke speak|drawn drew draw|sung sang sing|ridden rode ride|bitten bit bite|came come|went gone go
woken woke wake|frozen froze freeze|worn wore wear|torn tore tear|rung rang ring|drunk drank drink|swum swam swim|lain lay lie|shaken shook shake
lent lend|sought seek|fought fight|shot shoot|struck strike|fed feed|children child|men man|women woman|people person|mice mouse`
    .split(/[|\n]/)
    .flatMap((line) => {
      const forms = line.trim().split(" ");
      return forms.slice(0, -1).map((form) => [form, forms.at(-1) ?? form] as const);
    }),
);

/** Cuts the endings of plural, past and -ing, roughly: only for comparing one stem with another. */
export function stem(inflected: string): string {
  const word = irregular.get(inflected) ?? inflected;
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
