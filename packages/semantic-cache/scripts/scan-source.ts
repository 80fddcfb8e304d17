import { readFileSync } from "node:fs";
import openWabt from "wabt";

/** The text of scan-code.ts as scan.wat gives it. */
export async function assembleScan(): Promise<string> {
  const wabt = await openWabt();
  const source = readFileSync(new URL("../src/stores/embedded/scan.wat", import.meta.url), "utf8");
  const module = wabt.parseWat("scan.wat", source, { simd: true });
  const { buffer } = module.toBinary({});
  module.destroy();
  return [
    "// Made from scan.wat by scripts/assemble-scan.ts.",
    "/** WebAssembly, base64. */",
    "export const scanCode =",
    `  "${Buffer.from(buffer).toString("base64")}";`,
    "",
  ].join("\n");
}
