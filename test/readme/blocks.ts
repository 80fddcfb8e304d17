import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** A fenced block of the README and what its marker says about it. */
export interface Block {
  /** Of the fence's first line. */
  line: number;
  language: string;
  text: string;
  verb: Verb;
  /** Blocks of one scenario share a folder, a namespace and what was started; without one, a block is alone. */
  scenario: string | undefined;
  /** The file that the block is saved as. */
  file: string | undefined;
  /** What must be on its stdout; of `start`, the line to wait for on either output. */
  prints: RegExp | undefined;
}

/**
 * How a block is proved:
 * - `run`: JavaScript that is saved (`as FILE`), run, and ends with exit code 0.
 * - `save`: JavaScript that is only saved (`as FILE`); a later block of its scenario runs it.
 * - `sh`: commands that run one after the other, all with exit code 0.
 * - `start`: a command that goes on running until its scenario ends.
 * - `config`: a configuration that is saved (`as FILE`) and loads without a complaint.
 * - `install`: each name after `npm install` is a package of this workspace.
 * - `script`: each line runs a script of the root's package.json that has tests of its own.
 */
const verbs = ["run", "save", "sh", "start", "config", "install", "script"] as const;
type Verb = (typeof verbs)[number];

const marker = /^<!-- test: (\w+)(?: in ([\w-]+))?(?: as ([\w.-]+))?(?: prints \/(.+)\/)? -->$/;

export const readme = readFileSync(fileURLToPath(new URL("../../README.md", import.meta.url)), "utf8");

/**
 * Every fenced block of a Markdown text, in order.
 * @throws Error naming the line of a block without a marker `<!-- test: … -->` right above it, or with a marker that says nothing known.
 */
export function readBlocks(markdown: string): Block[] {
  const lines = markdown.split("\n");
  const blocks: Block[] = [];
  for (let i = 0; i < lines.length; i += 1) {
    const fence = /^(\s*)(`{3,}|~{3,})(\w*)/.exec(lines[i] ?? "");
    if (!fence) continue;
    const end = lines.findIndex((line, at) => at > i && line.trim() === fence[2]);
    if (end < 0) throw new Error(`README.md:${i + 1}: the block has no end`);
    const [, verb, scenario, file, prints] = marker.exec(lines[i - 1]?.trim() ?? "") ?? [];
    const known = verbs.find((name) => name === verb);
    if (!known)
      throw new Error(`README.md:${i + 1}: the block has no marker above it that says how it is tested (see test/readme/blocks.ts)`);
    blocks.push({
      line: i + 1,
      language: fence[3] ?? "",
      text: lines.slice(i + 1, end).join("\n"),
      verb: known,
      scenario,
      file,
      prints: prints === undefined ? undefined : new RegExp(prints),
    });
    i = end;
  }
  return blocks;
}

/** The scenarios in order, each with its blocks. */
export function groupBlocks(blocks: readonly Block[]): { name: string; blocks: Block[] }[] {
  const groups = new Map<string, Block[]>();
  for (const block of blocks) {
    const name = block.scenario ?? `line ${block.line} (${block.verb})`;
    groups.set(name, [...(groups.get(name) ?? []), block]);
  }
  return [...groups].map(([name, members]) => ({ name, blocks: members }));
}
