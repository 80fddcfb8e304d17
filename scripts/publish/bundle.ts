import { isBuiltin } from "node:module";
import { type OutputAsset, type OutputChunk, type Plugin, rolldown } from "rolldown";
import { isOptional } from "./packages.ts";

/**
 * Of this workspace, and what the compiler adds for syntax that the oldest Node does not have. Of @xenova/transformers the
 * tokenizer, too: installed, it brings sharp, which downloads its library then, and a runtime for browsers.
 */
const bundled = /^(?:[./]|@llm-router\/|llm-router$|@oxc-project\/runtime\/|@xenova\/transformers\/|@huggingface\/jinja$)/;

/** Whether an import is left to the installing package manager. */
export function isThirdParty(specifier: string): boolean {
  return !bundled.test(specifier) || isOptional(specifier);
}

/** The runtime for browsers, of which Node runs nothing. */
const noBrowser: Plugin = {
  name: "no-browser",
  resolveId: { order: "pre", handler: (specifier) => (specifier === "onnxruntime-web" ? "\0no-browser" : undefined) },
  load: (id) => (id === "\0no-browser" ? "export default {};" : undefined),
};

/**
 * Bundles modules of this workspace into ES modules in `dir` and returns the packages that are left to import.
 * @param entries File names without extension → absolute paths.
 * @throws Error for a top-level await: `require()` cannot load such a module.
 */
export async function bundle(entries: Record<string, string>, dir: string): Promise<Set<string>> {
  if (Object.keys(entries).length === 0) return new Set();
  await using build = await rolldown({
    input: entries,
    platform: "node",
    external: (specifier) => specifier !== "onnxruntime-web" && isThirdParty(specifier),
    plugins: [noBrowser],
    // Ours have no side effects but those of the entries; third parties are imported only where they are used.
    transform: { target: "node22.12" },
    treeshake: { moduleSideEffects: false },
  });
  const { output } = await build.write({
    dir,
    format: "esm",
    entryFileNames: "[name].js",
    // Flat: scripts are read from `./lua/` beside the module, whichever chunk that is.
    chunkFileNames: "[name]-[hash].js",
    sourcemap: false,
    minify: false,
    comments: { annotation: true, jsdoc: false, legal: true },
  });
  return packagesLeft(output);
}

/** The packages that bundled files still import. */
export function packagesLeft(output: readonly (OutputChunk | OutputAsset)[]): Set<string> {
  const chunks = output.filter((file): file is OutputChunk => file.type === "chunk");
  const ours = new Set(chunks.map(({ fileName }) => fileName));
  const imported = chunks.flatMap(({ imports, dynamicImports }) => [...imports, ...dynamicImports]);
  return new Set(imported.filter((specifier) => !ours.has(specifier) && !isBuiltin(specifier)).map(packageOf));
}

/** `ollama/browser` → `ollama`. */
function packageOf(specifier: string): string {
  return specifier
    .split("/")
    .slice(0, specifier.startsWith("@") ? 2 : 1)
    .join("/");
}
