import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "./root.ts";
import { isOptional, type PublishedPackage, publishedPackages } from "./packages.ts";

interface Manifest {
  version: string;
  license: string;
  dependencies?: Record<string, string>;
}

/** The package.json that is published. @throws Error for a dependency that no package of this workspace pins. */
export function createManifest(
  { name, description, folder, bin, files, optionalPeers = [], keywords }: PublishedPackage,
  imported: Iterable<string>,
): object {
  const { version, license } = readManifest(folder);
  const pins = readPins();
  const needed = [...imported].filter((used) => !optionalPeers.includes(used));
  const dependencies = needed.toSorted().map((used) => {
    const pin = pins.get(used);
    if (pin === undefined) throw new Error(`${name} imports ${used}, which no package of this workspace has among its dependencies`);
    return [used, pin] as const;
  });
  return {
    name,
    version,
    description,
    keywords,
    license,
    type: "module",
    engines: { node: ">=22.12" },
    main: "./index.js",
    types: "./index.d.ts",
    exports: { ".": { types: "./index.d.ts", default: "./index.js" }, "./package.json": "./package.json" },
    ...(bin && { bin: Object.fromEntries(Object.entries(bin).map(([command, entry]) => [command, `./${entry}.js`])) }),
    files: [...new Set(["*.js", "*.d.ts", ...Object.keys(files ?? {})])],
    // Commands run when they are loaded; the main export does nothing by itself.
    sideEffects: bin ? Object.values(bin).map((entry) => `./${entry}.js`) : false,
    dependencies: Object.fromEntries(dependencies),
    ...(optionalPeers.length > 0 && {
      peerDependencies: Object.fromEntries(optionalPeers.map((peer) => [peer, pins.get(peer) ?? version])),
      peerDependenciesMeta: Object.fromEntries(optionalPeers.map((peer) => [peer, { optional: true }])),
    }),
  };
}

function readManifest(folder: string): Manifest {
  return JSON.parse(readFileSync(join(root, folder, "package.json"), "utf8")) as Manifest;
}

/** Packages that are not bundled → the one version that this workspace is tested with. @throws Error for a range, or two versions of one package. */
function readPins(): Map<string, string> {
  const pins = new Map<string, string>();
  const folders = ["packages", "apps"].flatMap((parent) => readdirSync(join(root, parent)).map((name) => join(parent, name)));
  for (const folder of folders) {
    for (const [name, version] of Object.entries(readManifest(folder).dependencies ?? {})) {
      if (version.startsWith("workspace:")) {
        if (isOptional(name)) pins.set(name, readManifest(publishedFolder(name)).version);
        continue;
      }
      if (!/^\d+\.\d+\.\d+(-|$)/.test(version)) throw new Error(`${folder} depends on ${name} ${version}; pin it to one version`);
      if ((pins.get(name) ?? version) !== version)
        throw new Error(`${folder} depends on ${name} ${version}, another package on ${pins.get(name)}`);
      pins.set(name, version);
    }
  }
  return pins;
}

function publishedFolder(name: string): string {
  const published = publishedPackages.find((one) => one.name === name);
  if (!published) throw new Error(`${name} is not published`);
  return published.folder;
}
