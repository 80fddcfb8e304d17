import { pino, type Logger } from "pino";
import { redactText } from "./redact.ts";

export type { Logger };
export type LogLevel = "trace" | "debug" | "info" | "warn" | "error" | "fatal" | "silent";

export interface LoggerOptions {
  /** The part of the system that speaks, such as `worker`. */
  name: string;
  /** Default `info`. */
  level?: LogLevel;
}

/**
 * A logger that writes one JSON object a line to stderr; stdout belongs to a command's own output.
 * Secrets are taken out of the finished line, so they stay out at any depth, in messages and in error stacks.
 */
export function createLogger(options: LoggerOptions): Logger {
  const stderr = pino.destination({ dest: 2, sync: true });
  return pino({ name: options.name, level: options.level ?? "info", hooks: { streamWrite: redactText } }, stderr);
}
