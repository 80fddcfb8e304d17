import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";

export interface RunOptions {
  cwd: string;
  /** Added to this process's environment, less what npm told the one that started the tests. */
  env?: Record<string, string>;
}

export interface Finished {
  code: number | null;
  out: string;
  errors: string;
}

const ofOuterNpm = /^(npm_(lifecycle|package|config_(local|global)_prefix|config_prefix)|NODE_OPTIONS$)/;

function launch(
  program: string,
  args: readonly string[],
  { cwd, env }: RunOptions,
): { child: ChildProcess; ended: Promise<Finished>; output: () => string } {
  const inherited = Object.fromEntries(Object.entries(process.env).filter(([name]) => !ofOuterNpm.test(name)));
  const child = spawn(program, args, {
    cwd,
    env: { ...inherited, npm_config_update_notifier: "false", ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let out = "";
  let errors = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => (out += text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => (errors += text));
  const ended = once(child, "close").then(([code]) => ({ code: code as number | null, out: out.trim(), errors: errors.trim() }));
  return { child, ended, output: () => out + errors };
}

/** Runs a program to its end. */
export async function run(program: string, args: readonly string[], options: RunOptions): Promise<Finished> {
  return launch(program, args, options).ended;
}

export interface Running extends AsyncDisposable {
  /** SIGTERM. */
  stop(): Promise<Finished>;
}

/** Starts a program and waits for `ready` in its output. Disposal kills it. @throws Error with its output when it ends before. */
export async function start(program: string, args: readonly string[], ready: string, options: RunOptions): Promise<Running> {
  const { child, ended, output } = launch(program, args, options);
  const { promise, resolve } = Promise.withResolvers<void>();
  const look = () => output().includes(ready) && resolve();
  child.stdout?.on("data", look);
  child.stderr?.on("data", look);
  const tooEarly = ended.then(({ code }) => Promise.reject(new Error(`${program} ended with ${code}: ${output()}`)));
  tooEarly.catch(() => undefined); // it ends at some time; that is news only while we wait
  await Promise.race([promise, tooEarly]);
  return {
    stop() {
      child.kill("SIGTERM");
      return ended;
    },
    async [Symbol.asyncDispose]() {
      child.kill("SIGKILL");
      await ended;
    },
  };
}
