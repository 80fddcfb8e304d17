import { fileURLToPath } from "node:url";

const folder = (name) => fileURLToPath(new URL(name, import.meta.url));

export const embedderFolder = folder("all-MiniLM-L6-v2");
export const pairVerifierFolder = folder("pair-verifier");
