import { type Document, LineCounter, isMap, isNode, isSeq, parseDocument } from "yaml";
import { type Problem, formatProblem } from "./problems.ts";

export interface ParsedText {
  value: unknown;
  /** Line of what stands at a path, or of the nearest thing around it, from 1. */
  lineOf(path: readonly PropertyKey[]): number | undefined;
}

/** The parser's own messages may quote the file, and with it a key; these do not. */
const syntaxTexts: Record<string, string> = {
  BAD_INDENT: "is indented differently from its neighbours; align it with them",
  TAB_AS_INDENT: "is indented with a tab; YAML wants spaces",
  MULTIPLE_DOCS: "begins a second document; keep one per file",
  BLOCK_AS_IMPLICIT_KEY:
    "starts a nested value on the line of its key; put it on the next line, indented (a missing quote or space has the same effect)",
  IMPOSSIBLE: "cannot be read",
  MISSING_CHAR: "lacks a closing quote or bracket, a comma or a colon",
  MULTILINE_IMPLICIT_KEY: "is a key over several lines; a colon may be missing",
  BAD_ALIAS: "uses an alias (*name) without its anchor (&name)",
  BAD_DQ_ESCAPE: "holds an escape that YAML does not know; double the backslash or use single quotes",
  BAD_SCALAR_START: "starts with a character that YAML reserves; put the value in quotes",
  NON_STRING_KEY: "has a key that is not text; put it in quotes",
  UNEXPECTED_TOKEN: "is not expected here; a quote, a comma or an indent may be missing before it",
};

/** Reads YAML 1.2, and with it JSON. What is wrong comes back as lines with line and column. */
export function parseYaml(text: string): { parsed: ParsedText; errors?: undefined } | { parsed?: undefined; errors: string[] } {
  const lines = new LineCounter();
  const document = parseDocument(text, {
    version: "1.2",
    merge: true,
    stringKeys: true,
    prettyErrors: false,
    lineCounter: lines,
    logLevel: "silent",
  });
  const wrong = [...document.errors, ...document.warnings];
  if (wrong.length > 0) {
    const errors = wrong.slice(0, 10).map(({ code, pos }) => {
      const { line, col } = lines.linePos(pos[0]);
      return `line ${line}, column ${col}: ${code === "DUPLICATE_KEY" ? duplicateText(text, pos[0]) : (syntaxTexts[code] ?? `is not valid YAML (${code})`)}.`;
    });
    return { errors };
  }
  try {
    return { parsed: { value: document.toJS() as unknown, lineOf: (path) => lineOf(document, lines, path) } };
  } catch {
    // Aliases that multiply without end or refer to themselves, a merge of what is no mapping; the parser's message quotes the file.
    return { errors: ["its aliases (*name) or merge keys (<<) cannot be resolved; write the values out."] };
  }
}

function duplicateText(text: string, offset: number): string {
  const key = /^["']?([\w.-]{1,80})/.exec(text.slice(offset, offset + 90))?.[1];
  return `${key ? `"${key}"` : "a key"} is given twice in one mapping; keep one`;
}

function lineOf(document: Document, lines: LineCounter, path: readonly PropertyKey[]): number | undefined {
  let node: unknown = document.contents;
  let offset: number | undefined;
  for (const part of path) {
    if (isMap(node)) {
      const pair = node.items.find((item) => String(item.key) === String(part));
      if (!pair) break;
      offset = isNode(pair.key) ? pair.key.range?.[0] : offset;
      node = pair.value;
    } else if (isSeq(node) && typeof part === "number") {
      node = node.items[part];
      offset = isNode(node) ? node.range?.[0] : offset;
    } else break;
  }
  return offset === undefined ? undefined : lines.linePos(offset).line;
}

/** A problem with the line it stands on. */
export function formatWithLine(problem: Problem, parsed: ParsedText): string {
  const line = parsed.lineOf(problem.path);
  return formatProblem(problem, line === undefined ? "" : ` (line ${line})`);
}
