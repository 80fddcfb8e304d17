import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";

/** A program that cannot outlive this process. */
export interface TiedProcess {
  readonly pid: number;
  readonly running: boolean;
  /** Resolves when the program has ended, with its last three lines of output. */
  readonly ended: Promise<string>;
  kill(signal: NodeJS.Signals): void;
}

// A shell starts the program, tells its pid on stderr, and then reads from a pipe that only we hold open. When we
// end, however we end, the pipe closes and the shell kills the program. The program's death in turn closes its output,
// which we see.
const guard = '"$@" </dev/null 2>/dev/null & echo "$!" >&2; exec >/dev/null 2>&1; read -r _; kill -9 $!';

/**
 * Starts a program in a process group of its own (Ctrl-C in a terminal does not reach it) that dies with this process, also by SIGKILL.
 * @param onLine gets each line of its standard output, maybe before this function's promise resolves.
 * @throws Error when the shell cannot be started.
 */
export async function spawnTied(program: string, args: readonly string[], onLine: (line: string) => void): Promise<TiedProcess> {
  const shell = spawn("sh", ["-c", guard, "sh", program, ...args], { stdio: ["pipe", "pipe", "pipe"], detached: true });
  const exited = once(shell, "exit");
  exited.catch(() => undefined); // a shell that cannot be started is reported below
  shell.stdin.on("error", () => undefined); // the shell may be gone before the pipe is closed
  const lastLines: string[] = [];
  const output = createInterface(shell.stdout).on("line", (line) => {
    lastLines.push(line);
    if (lastLines.length > 3) lastLines.shift();
    onLine(line);
  });
  let running = true;
  const ended = once(output, "close").then(async () => {
    running = false;
    shell.stdin.end();
    await exited;
    return lastLines.join(" | ");
  });
  const failed = new Promise<never>((_resolve, reject) => shell.once("error", reject));
  const [pidText] = (await Promise.race([once(shell.stderr, "data"), failed])) as [Buffer];
  const pid = Number(pidText.toString());
  return {
    pid,
    get running() {
      return running;
    },
    ended,
    kill(signal) {
      if (running) process.kill(pid, signal);
    },
  };
}
