/** A row of docs/reliability.md: a promise of the README, and a test that proves it. */
export interface Claim {
  quote: string;
  file: string;
  title: string;
}

/** Sections of the README whose list items are promises. */
const promising = ["What is guaranteed", "What it does"];

/** The list items of the README's promising sections, as one line of plain text each. */
export function promisesOf(markdown: string): string[] {
  const sections = markdown.split(/^## /m).filter((section) => promising.some((title) => section.startsWith(`${title}\n`)));
  return sections.flatMap((section) =>
    section
      .split(/^- /m)
      .slice(1)
      .map((item) => oneLine(item.split(/\n(?=\S)/)[0] ?? "")),
  );
}

/** The rows of the tables whose columns are promise, file and test. The file is a link or a code span; the test is a code span or plain. */
export function readClaims(markdown: string): Claim[] {
  return [...markdown.matchAll(/^\| (.+?) \| \[?`?([\w./-]+\.ts)`?[^|]* \| (.+?) \|$/gm)].map(([, quote = "", file = "", title = ""]) => ({
    quote: oneLine(quote),
    file,
    title,
  }));
}

/** Finds a test by its title in a source file. `…` in the title stands for what a template puts in. */
export function titlePattern(title: string): RegExp {
  const text = title
    .split("…")
    .map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"))
    .join("\\$\\{[^}]+\\}");
  return new RegExp(`(?:test|Test|it)(?:\\.\\w+)*\\(\\s*(["'\`])${text}\\1`);
}

function oneLine(text: string): string {
  return text.replace(/\s+/g, " ").trim();
}
