import { findProgram } from "@llm-router/service-kit";

/** Where packages put programs that may not be on PATH. */
const usualFolders = ["/usr/bin", "/usr/local/bin", "/opt/google/chrome", "/opt/homebrew/bin", "/snap/bin"];
const names = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome"];

/** Chromium: the one that LLMR_TEST_CHROMIUM names, else one on PATH, else in a usual place; undefined when there is none. */
export function findChromium(env: NodeJS.ProcessEnv = process.env): string | undefined {
  const named = env["LLMR_TEST_CHROMIUM"];
  if (named) return named;
  for (const path of [env["PATH"], usualFolders.join(":")]) {
    for (const name of names) {
      const found = findProgram(name, path ?? "");
      if (found !== undefined) return found;
    }
  }
  return undefined;
}
