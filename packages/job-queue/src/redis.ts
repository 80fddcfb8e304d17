import { Socket } from "node:net";
import { Redis, type RedisOptions } from "ioredis";
import { RouterError } from "@llm-router/contracts";

/** `redis://`, `rediss://` (TLS), with ACL user and password; `redis+sentinel://[user:password@]host:port,host:port/<master>[?db=0]` for Sentinel. */
export interface RedisTarget {
  url: string;
  /** Passed to ioredis as they are: TLS material, `sentinelPassword`, `family`, … */
  options?: ConnectionOptions;
}

/** ioredis's options, without the reply format, which is ours. */
export type ConnectionOptions = Omit<RedisOptions, "replyMapping" | "protocol">;

/**
 * `commands`: fails at once while Redis is away, and never resends by itself: the caller retries under the same id.
 * `blocking`: a command waits for the first connection, and fails when it breaks; its loop begins anew. `subscriber`: waits as long as
 * it takes, and renews its subscriptions.
 */
export type ConnectionRole = "commands" | "blocking" | "subscriber";

/**
 * A command unanswered for so long, ms: its connection is taken for dead, and renewed. A connection can die without a word (a
 * firewall that forgets it, a host that loses power), and the system would wait for a quarter of an hour. Short enough that a lock
 * is renewed on the new connection before it expires.
 */
const silentMs = 3_000;

const roleOptions: Record<ConnectionRole, ConnectionOptions> = {
  commands: {
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    autoResendUnfulfilledCommands: false,
    socketTimeout: silentMs,
  },
  blocking: { maxRetriesPerRequest: 0, autoResendUnfulfilledCommands: false },
  subscriber: { maxRetriesPerRequest: null, autoResubscribe: true },
};

/**
 * Opens a connection (lazily: call `connect()` or use {@link whenReady}).
 * @throws {RouterError} CONFIG_INVALID for an address that is none.
 */
export function connectRedis(target: RedisTarget, role: ConnectionRole): Redis {
  const options: ConnectionOptions = {
    lazyConnect: true,
    connectTimeout: 5_000,
    keepAlive: 10_000,
    // While Redis loads its data it says how long that may take, and ioredis would wait so long, up to 10 s.
    maxLoadingRetryTime: 200,
    retryStrategy: (times) => Math.min(50 * 2 ** Math.min(times, 5), 1_000),
    // A master that was demoted: a Sentinel or a new look-up of the name may know the one that took over.
    reconnectOnError: (error) => error.message.startsWith("READONLY"),
    ...roleOptions[role],
    ...parseRedisUrl(target.url),
    ...target.options,
  };
  const redis = new Redis({ ...options, protocol: 2 });
  // Whoever waits for the connection listens on it, and many may.
  redis.setMaxListeners(1_000);
  // Every command reports its own failure; a lone connection error must not end the process.
  redis.on("error", () => undefined);
  // Nor a second error of one socket, which ioredis no longer listens for: a TLS socket that refused the server's certificate has one.
  redis.on("connecting", () => {
    setImmediate(() => {
      const stream: unknown = redis.stream;
      if (stream instanceof Socket) stream.on("error", () => undefined);
    });
  });
  // Nor may an idle connection keep one alive: whoever waits for something holds the process (see keep-alive.ts).
  redis.on("connect", () => {
    const stream: unknown = redis.stream;
    if (stream instanceof Socket) stream.unref();
  });
  return redis;
}

function parseRedisUrl(url: string): ConnectionOptions {
  try {
    return url.startsWith("redis+sentinel:") ? parseSentinelUrl(url) : parsePlainUrl(url);
  } catch (error) {
    if (RouterError.is(error)) throw error;
    // Neither the address nor the reason is quoted: it may hold a password.
    throw new RouterError("CONFIG_INVALID", `REDIS_URL is not an address; write redis://host:6379 (or rediss://, redis+sentinel://).`);
  }
}

function parseSentinelUrl(url: string): ConnectionOptions {
  const sentinel = /^redis\+sentinel:\/\/(?:([^@/]*)@)?([^/?]+)\/([^?]+)(?:\?db=(\d+))?$/.exec(url);
  if (!sentinel) {
    throw new RouterError(
      "CONFIG_INVALID",
      `REDIS_URL is no address of a Sentinel; write redis+sentinel://host:port,host:port/<master>[?db=0].`,
    );
  }
  const [, credentials = "", hosts = "", name = "", db] = sentinel;
  const [username, password] = credentials.split(":").map(decodeURIComponent);
  return {
    sentinels: hosts.split(",").map((host) => {
      const [address = "127.0.0.1", port] = host.split(":");
      return { host: address, port: Number(port ?? 26379) };
    }),
    name,
    ...(db === undefined ? {} : { db: Number(db) }),
    ...(username ? { username } : {}),
    ...(password ? { password } : {}),
  };
}

function parsePlainUrl(url: string): ConnectionOptions {
  const parsed = new URL(url);
  if (parsed.protocol !== "redis:" && parsed.protocol !== "rediss:") {
    throw new RouterError(
      "CONFIG_INVALID",
      `REDIS_URL starts with "${parsed.protocol}//"; write redis://host:6379 (or rediss://, redis+sentinel://).`,
    );
  }
  const database = parsed.pathname.slice(1);
  if (!/^\d*$/.test(database)) {
    throw new RouterError("CONFIG_INVALID", `REDIS_URL names the database "${database}"; write its number, such as redis://host:6379/0.`);
  }
  return {
    host: parsed.hostname.replace(/^\[|\]$/g, "") || "127.0.0.1",
    port: Number(parsed.port || 6379),
    ...(parsed.username ? { username: decodeURIComponent(parsed.username) } : {}),
    ...(parsed.password ? { password: decodeURIComponent(parsed.password) } : {}),
    ...(Number(database) > 0 ? { db: Number(database) } : {}),
    // The name that the certificate must carry is the host.
    ...(parsed.protocol === "rediss:" ? { tls: {} } : {}),
  };
}

/**
 * Resolves once the connection can take commands. `signal` ends the waiting: a connection that is closed between two tries says nothing.
 * @throws {RouterError} REDIS_UNAVAILABLE after `timeoutMs`; CLOSED.
 */
export async function whenReady(redis: Redis, timeoutMs: number, signal?: AbortSignal): Promise<void> {
  if (redis.status === "ready") return;
  if (redis.status === "end" || signal?.aborted) throw new RouterError("CLOSED", "The connection to Redis was closed.");
  if (redis.status === "wait") redis.connect().catch(() => undefined);
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  let lastError: Error | undefined;
  const onError = (error: Error) => {
    lastError = error;
  };
  const onEnd = () => reject(new RouterError("CLOSED", "The connection to Redis was closed."));
  const timer = setTimeout(() => {
    const refusal =
      lastError && /^(WRONGPASS|NOAUTH|NOPERM|ERR) /.test(lastError.message) ? `refused the login: ${lastError.message}` : undefined;
    const what = refusal ?? `did not answer within ${timeoutMs} ms.`;
    reject(new RouterError("REDIS_UNAVAILABLE", `Redis at ${describeRedis(redis)} ${what}`, { cause: lastError }));
  }, timeoutMs);
  redis.once("ready", resolve);
  redis.once("end", onEnd);
  signal?.addEventListener("abort", onEnd, { once: true });
  redis.on("error", onError);
  try {
    await promise;
  } finally {
    clearTimeout(timer);
    redis.off("ready", resolve);
    redis.off("end", onEnd);
    signal?.removeEventListener("abort", onEnd);
    redis.off("error", onError);
  }
}

/** Host and port for messages, never credentials. */
export function describeRedis(redis: Redis): string {
  const { sentinels, name, host, port } = redis.options;
  return sentinels?.length ? `sentinel ${name ?? ""}` : `${host ?? "127.0.0.1"}:${port ?? 6379}`;
}

/** Redis is there and takes no writes: it loads, was demoted, misses its replicas (min-replicas-to-write), or cannot write to its disk. */
const takesNoWrites = /^(LOADING|READONLY|MASTERDOWN|CLUSTERDOWN|NOREPLICAS|MISCONF)/;

/** True for errors that say nothing about the command: Redis is not there, went away before the answer, or takes no writes for now. */
export function isConnectionError(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const code = "code" in error ? String(error.code) : "";
  return (
    error.name === "MaxRetriesPerRequestError" ||
    /^(ECONN|EPIPE|ETIMEDOUT|EHOSTUNREACH|ENOTFOUND|EAI_AGAIN)/.test(code) ||
    takesNoWrites.test(error.message) ||
    /Connection is closed|Stream isn't writeable|Command timed out|^(TRYAGAIN|UNBLOCKED)/.test(error.message)
  );
}

/** A script's or command's failure as one of our errors. */
export function redisError(error: unknown, doing: string): RouterError {
  if (RouterError.is(error)) return error;
  const message = error instanceof Error ? error.message : String(error);
  const refusal = takesNoWrites.exec(message)?.[0];
  if (refusal) return new RouterError("REDIS_UNAVAILABLE", `Redis takes no writes for now (${refusal}) while ${doing}.`, { cause: error });
  if (isConnectionError(error)) return new RouterError("REDIS_UNAVAILABLE", `Redis went away while ${doing}.`, { cause: error });
  if (message.startsWith("OOM"))
    return new RouterError("REDIS_FULL", `Redis is full (maxmemory), so ${doing} was refused.`, { cause: error });
  return new RouterError("INTERNAL", `Redis refused ${doing}: ${message}`, { cause: error });
}
