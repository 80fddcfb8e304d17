// Writes the sha256 of every file of the weights into manifest.json: node packages/model-weights/checksums.mjs
// `--check` compares instead, and fails naming the files that differ.
import { createHash } from "node:crypto";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";

const here = new URL("./", import.meta.url);
const manifestFile = new URL("manifest.json", here);
const manifest = JSON.parse(readFileSync(manifestFile, "utf8"));

const sha256 = (path) =>
  createHash("sha256")
    .update(readFileSync(new URL(path, here)))
    .digest("hex");
const filesOf = (folder) =>
  readdirSync(new URL(`${folder}/`, here), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => `${entry.parentPath.slice(entry.parentPath.indexOf(`/${folder}`) + 1)}/${entry.name}`.replace(/\/+/g, "/"))
    .toSorted();

const found = Object.fromEntries(
  Object.keys(manifest).map((folder) => [folder, Object.fromEntries(filesOf(folder).map((path) => [path, sha256(path)]))]),
);

if (process.argv.includes("--check")) {
  const wrong = Object.entries(found).flatMap(([folder, files]) => {
    const stated = manifest[folder].files;
    return [...new Set([...Object.keys(files), ...Object.keys(stated)])].filter((path) => files[path] !== stated[path]);
  });
  for (const path of wrong) console.error(`${path} is not what manifest.json says`);
  process.exitCode = wrong.length > 0 ? 1 : 0;
} else {
  for (const [folder, files] of Object.entries(found)) manifest[folder].files = files;
  writeFileSync(manifestFile, `${JSON.stringify(manifest, undefined, 2)}\n`);
}
