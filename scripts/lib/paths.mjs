import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** The repository's root folder. */
export const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

/** Where npm's `node` package puts the Node that package.json pins. */
export const pinnedNode = join(root, "node_modules", "node", "bin", "node");

export const binFolder = join(root, "node_modules", ".bin");
