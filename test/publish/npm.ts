import { run } from "./run.ts";

/** Something that needs the registry, which cannot be reached: tests skip with this reason. */
export interface Unreachable {
  unreachable: string;
}

const noNetwork = /\b(ENOTFOUND|ECONNREFUSED|ECONNRESET|ETIMEDOUT|EAI_AGAIN|ENETUNREACH|EHOSTUNREACH|ENOTCACHED)\b/;

/** Runs npm; from its cache where it can. @throws Error with npm's words when it fails for another reason than the network. */
export async function npm(args: readonly string[], cwd: string): Promise<string | Unreachable> {
  const { code, out, errors } = await run("npm", [...args, "--prefer-offline", "--no-audit", "--no-fund"], { cwd });
  if (code === 0) return out;
  const reason = noNetwork.exec(errors);
  if (reason) return { unreachable: `the npm registry cannot be reached (${reason[0]}), and what is needed is not in npm's cache` };
  throw new Error(`npm ${args.join(" ")} failed: ${errors}`);
}

export function isUnreachable(value: unknown): value is Unreachable {
  return typeof value === "object" && value !== null && "unreachable" in value;
}

/** A value, or the end of the test with the reason for which there is none. */
export function orSkip<T>(value: T | Unreachable, skip: (reason: string) => never): T {
  return isUnreachable(value) ? skip(value.unreachable) : value;
}
