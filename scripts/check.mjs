// Everything that must be green before a commit, in the order of what fails fastest. All parts run, so that one look shows all that is wrong.
import { join } from "node:path";
import { performance } from "node:perf_hooks";
import { runChild } from "./lib/child.mjs";
import { binFolder, root } from "./lib/paths.mjs";
import { runMain, say } from "./lib/say.mjs";

const parts = [
  { name: "format", program: "oxfmt", args: ["--check"], fix: "npx oxfmt" },
  { name: "lint", program: "oxlint", args: ["--type-aware", "--deny-warnings"], fix: "npx oxlint --type-aware --fix" },
  { name: "types", program: "tsc", args: ["-p", "tsconfig.json"] },
  { name: "unused code", program: "knip", args: [] },
  { name: "tests", script: "test.mjs" },
];

await runMain(async () => {
  const results = [];
  for (const part of parts) {
    say(`check: ${part.name} …`);
    const start = performance.now();
    const code = part.script
      ? await runChild(process.execPath, [join(root, "scripts", part.script)], { ipc: true })
      : await runChild(join(binFolder, part.program), part.args, { stdout: "stderr" });
    if (code > 128) return code; // a signal: stop here
    results.push({ ...part, code, seconds: ((performance.now() - start) / 1_000).toFixed(1) });
  }
  for (const { name, code, seconds, fix } of results) {
    say(
      `check: ${code === 0 ? "ok    " : "FAILED"} ${name} (${seconds} s)${code !== 0 && fix ? `; many findings are repaired by: ${fix}` : ""}`,
    );
  }
  return results.some(({ code }) => code !== 0) ? 1 : 0;
});
