import { setFlagsFromString } from "node:v8";

/**
 * Keeps the heap of this process near what it uses, as a long-lived server wants it: by default V8 lets the young generation grow to
 * 48 MB and the old one to a multiple of what lives, and a worker that moves small objects all day would hold three times its need.
 * The price is more frequent, shorter collections. For processes of ours only, before anything large is loaded; a library must not
 * change how its user's process collects.
 */
export function keepHeapSmall(): void {
  setFlagsFromString("--semi-space-growth-factor=1");
  setFlagsFromString("--heap-growing-percent=20");
}
