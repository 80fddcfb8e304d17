import { isBuiltin } from "node:module";
import { type OutputChunk, rolldown } from "rolldown";

/** Of this workspace, and what the compiler adds for syntax that the oldest Node does not have. */
const bundled = /^(?:[./]|@llm-router\/|llm-router$|@oxc-project\/runtime\/)/;

/** Whether an import is left to the installing package manager. */
export function isThirdParty(specifier: string): boolean {
  return !bundled.test(specifier);
}

/**
 * Bundles modules of this workspace into ES modules in `dir` and returns the packages that are left to import.
 * @param entries File names without extension → absolute paths.
 * @throws Error for a top-level await: `require()` cannot load such a module.
 */
export async function bundle(entries: Record<string, string>, dir: string): Promise<Set<string>> {
  await using build = await rolldown({
    input: entries,
    platform: "node",
    external: isThirdParty,
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
