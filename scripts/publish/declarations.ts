import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, dirname, join, relative } from "node:path";
import { promisify } from "node:util";
import { rolldown } from "rolldown";
import { dts } from "rolldown-plugin-dts";
import { isThirdParty, packagesLeft } from "./bundle.ts";
import { root } from "./root.ts";

const run = promisify(execFile);

/**
 * Writes the declarations of modules of this workspace to `dir`, everything of ours that they use inlined, and returns the
 * packages that are left to import.
 * @param entries File names without extension → absolute paths.
 */
export async function bundleDeclarations(entries: Record<string, string>, dir: string): Promise<Set<string>> {
  const tree = await mkdtemp(join(tmpdir(), "llmr-declarations-"));
  try {
    await emit(Object.values(entries), tree);
    const emitted = (file: string) => join(tree, relative(root, file)).replace(/\.ts$/, ".d.ts");
    await using build = await rolldown({
      input: Object.fromEntries(Object.entries(entries).map(([name, file]) => [name, emitted(file)])),
      external: isThirdParty,
      plugins: [
        {
          name: "workspace",
          // Before the other plugin's own search, which would find the sources by way of NODE_PATH.
          resolveId: { order: "pre", handler: (specifier, importer) => resolveIn(tree, specifier, importer) },
        },
        dts({ dtsInput: true, tsconfig: false, generator: "oxc" }),
      ],
    });
    const { output } = await build.write({ dir, format: "esm", entryFileNames: "[name].ts", chunkFileNames: "[name]-[hash].d.ts" });
    return packagesLeft(output);
  } finally {
    await rm(tree, { recursive: true, force: true });
  }
}

/** Where the declarations of a module of ours are; undefined leaves it to others. */
function resolveIn(tree: string, specifier: string, importer: string | undefined): string | undefined {
  if (importer === undefined || isThirdParty(specifier)) return undefined;
  return specifier.startsWith(".")
    ? join(dirname(importer), specifier).replace(/\.ts$/, ".d.ts")
    : join(tree, "packages", basename(specifier), "src/index.d.ts");
}

/** TypeScript 7 has no API; its command emits a tree of declarations like that of the sources. Types are checked by `pnpm check`. */
async function emit(files: string[], outDir: string): Promise<void> {
  const config = {
    extends: join(root, "tsconfig.base.json"),
    compilerOptions: {
      // Reached through node_modules, a package of this workspace would count as somebody else's, and not be emitted.
      paths: { "llm-router": [join(root, "packages/llm-router/src/index.ts")], "@llm-router/*": [join(root, "packages/*/src/index.ts")] },
      noEmit: false,
      declaration: true,
      emitDeclarationOnly: true,
      noCheck: true,
      rootDir: root,
      outDir,
      typeRoots: [join(root, "node_modules/@types")],
    },
    files,
  };
  const file = join(outDir, "tsconfig.json");
  await writeFile(file, JSON.stringify(config));
  await run(join(root, "node_modules/.bin/tsc"), ["-p", file]);
}
