// Builds one published package: node scripts/build-package.ts NAME [FOLDER] (default: dist in the package's own folder).
import { join, resolve } from "node:path";
import { root } from "./publish/root.ts";
import { buildPackage } from "./publish/build.ts";
import { publishedPackages } from "./publish/packages.ts";

const [name, folder] = process.argv.slice(2);
const published = publishedPackages.find((one) => one.name === name);
if (!published) throw new Error(`name one of the published packages: ${publishedPackages.map((one) => one.name).join(", ")}`);
const dir = folder === undefined ? join(root, published.folder, "dist") : resolve(folder);
await buildPackage(published, dir);
console.log(`built ${published.name} in ${dir}`);
