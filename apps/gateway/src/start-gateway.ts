import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { Client, compileOptions } from "@llm-router/client";
import { type Config, type Env, loadConfig, RouterError } from "@llm-router/contracts";
import { SemanticTier } from "@llm-router/dispatcher";
import { createLogger, type Logger } from "@llm-router/service-kit";
import { createGateway } from "./app.ts";
import { answerBadRequest } from "./bad-request.ts";
import { isLoopback } from "./host-check.ts";
import { parseGatewayEnv } from "./gateway-env.ts";
import { followCacheConfig } from "./semantic-cache.ts";

export interface StartGatewayOptions {
  /** Default process.env. */
  env?: Env;
  /** Default: the file that LLMR_CONFIG names, else ./llm-router.yaml or .json, else nothing. */
  config?: Config;
  /** Default: PORT, else 8080. 0: a free one. */
  port?: number;
  /** Default: HOST, else 127.0.0.1. */
  host?: string;
  /** Default: one JSON object a line on stderr. */
  logger?: Logger;
}

export interface RunningGateway extends AsyncDisposable {
  readonly url: string;
  readonly client: Client;
  /** Takes no new requests, lets answers in hand end for `graceMs` (default SHUTDOWN_GRACE_MS, else 25,000), and ends the rest with SHUTTING_DOWN. */
  close(options?: { graceMs?: number }): Promise<void>;
}

/** For connections to say goodbye after their answers were ended, ms. */
const lastWordsMs = 500;
/** Longer than proxies and clients keep an idle connection, so that it is they who close it, ms. */
const keepAliveTimeoutMs = 75_000;

/**
 * Starts a gateway and connects it to Redis; logs `gateway ready`.
 * @throws {RouterError} CONFIG_INVALID, NO_KEYS when others than this machine could reach it, REDIS_UNAVAILABLE, PORT_IN_USE.
 */
export async function startGateway(options: StartGatewayOptions = {}): Promise<RunningGateway> {
  const { env = process.env } = options;
  const settings = parseGatewayEnv(env);
  const logger = options.logger ?? createLogger({ name: "gateway", level: settings.LOG_LEVEL });
  const config = options.config ?? loadConfig({ env }).config;
  const { redis, namespace } = compileOptions({ env });
  const tier = new SemanticTier({ redis, namespace, env, log: logger });
  const client = new Client({ env, semanticCache: tier });
  const closing = new AbortController();
  const host = options.host ?? settings.HOST;
  const isPublic = !isLoopback(host);
  const { app, keys } = createGateway({ client, config, logger, isPublic, closing: closing.signal });
  const server = createServer({ keepAliveTimeout: keepAliveTimeoutMs, noDelay: true }, app);
  server.on("clientError", answerBadRequest);
  let stopFollowing: () => void;
  try {
    await client.connect();
    stopFollowing = await followCacheConfig({ client, tier, logger });
    if (isPublic && !(await keys.hasKeys())) throw noKeys(host);
    await listen(server, options.port ?? settings.PORT, host);
  } catch (error) {
    server.close();
    await client.close();
    await tier.close();
    throw error;
  }
  const url = urlOf(server.address() as AddressInfo);
  logger.info({ url }, "gateway ready");
  const close = async ({ graceMs = settings.SHUTDOWN_GRACE_MS }: { graceMs?: number } = {}): Promise<void> => {
    if (closing.signal.aborted) return;
    await closeServer(server, closing, graceMs);
    stopFollowing();
    await client.close();
    await tier.close();
  };
  return { url, client, close, [Symbol.asyncDispose]: () => close({ graceMs: 0 }) };
}

function noKeys(host: string): RouterError {
  return new RouterError("NO_KEYS", `HOST is ${host}, which others can reach, and there is no API key, so anybody could use this gateway.`);
}

async function listen(server: Server, port: number, host: string): Promise<void> {
  server.listen(port, host);
  try {
    await once(server, "listening");
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "EADDRINUSE")) throw error;
    throw new RouterError("PORT_IN_USE", `Port ${port} of ${host} is taken; set PORT to a free one.`, { cause: error });
  }
}

async function closeServer(server: Server, closing: AbortController, graceMs: number): Promise<void> {
  const closed = once(server, "close");
  server.close();
  const grace = setTimeout(() => closing.abort(), graceMs);
  const end = setTimeout(() => server.closeAllConnections(), graceMs + lastWordsMs);
  // A connection that is kept alive after its answer would hold up the end.
  const sweep = setInterval(() => server.closeIdleConnections(), 50);
  await closed;
  clearTimeout(grace);
  clearTimeout(end);
  clearInterval(sweep);
  closing.abort();
}

function urlOf({ address, port, family }: AddressInfo): string {
  return `http://${family === "IPv6" ? `[${address}]` : address}:${port}`;
}
