import { execFileSync } from "node:child_process";
import { delimiter, dirname } from "node:path";
import { binFolder, pinnedNode } from "./paths.mjs";
import { say, Stop } from "./say.mjs";

function runs(node) {
  try {
    execFileSync(node, ["--version"], { stdio: "ignore" });
    return true;
  } catch {
    return false; // built for another C library, for example: see findNode
  }
}

/** The Node that runs everything: the pinned one, or the one running now where the pinned build does not run and this one is new enough. */
export function findNode() {
  if (runs(pinnedNode)) return pinnedNode;
  if (Number(process.versions.node.split(".")[0]) >= 24) {
    say(`the pinned Node does not run here; using Node ${process.versions.node} instead`);
    return process.execPath;
  }
  throw new Stop(`the pinned Node (${pinnedNode}) does not run on this machine. Install Node 24 or newer and run this again.`);
}

/** The environment in which `node` and the installed tools are the pinned ones. */
export function environmentFor(node, env = process.env) {
  return { ...env, PATH: [dirname(node), binFolder, env.PATH].filter(Boolean).join(delimiter), TURBO_TELEMETRY_DISABLED: "1" };
}
