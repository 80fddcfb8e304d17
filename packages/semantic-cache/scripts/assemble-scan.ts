// Assembles src/stores/embedded/scan.wat into scan-code.ts: node packages/semantic-cache/scripts/assemble-scan.ts
import { writeFileSync } from "node:fs";
import { assembleScan } from "./scan-source.ts";

writeFileSync(new URL("../src/stores/embedded/scan-code.ts", import.meta.url), await assembleScan());
