/**
 * Every Redis key that llm-router writes, named once. All share the hash tag `{<namespace>}`, so a namespace lives in
 * one cluster slot and a script may touch any of them. BullMQ's own keys are `{<namespace>}:model-<name>:<part>`.
 */
export interface Keys {
  namespace: string;
  /** `{<namespace>}`, also BullMQ's `prefix`. */
  prefix: string;
  /** HASH, a request: the truth about it, its history and its outcome. */
  record(id: string): string;
  /** STREAM, a request's events and deltas; entry ids are `<seq>-0`. */
  stream(id: string): string;
  /** STREAM, what a client process is told: outcomes and live deltas. */
  replies(clientId: string): string;
  /** HASH, a model's limits and state (breaker, hold, counters). */
  model(name: string): string;
  /** BullMQ's queue of a model, without a part. */
  queue(name: string): string;
  queueName(name: string): string;
  /** HASH, configuration: `model:<name>`, `route:<CLASS>`, `breaker`, … each one JSON entry. */
  config: string;
  /** ZSET id → deadline in ms. */
  deadlines: string;
  /** HASH, counters of the namespace. */
  stats: string;
  /** ZSET worker id → alive until, ms. */
  workers: string;
  /** Pub/sub: breaker changes, aborts, room, configuration. */
  control: string;
}

export function createKeys(namespace = "llmr"): Keys {
  const prefix = `{${namespace}}`;
  return {
    namespace,
    prefix,
    record: (id) => `${prefix}:r:${id}`,
    stream: (id) => `${prefix}:st:${id}`,
    replies: (clientId) => `${prefix}:c:${clientId}`,
    model: (name) => `${prefix}:m:${name}`,
    queue: (name) => `${prefix}:model-${name}`,
    queueName: (name) => `model-${name}`,
    config: `${prefix}:config`,
    deadlines: `${prefix}:deadlines`,
    stats: `${prefix}:stats`,
    workers: `${prefix}:workers`,
    control: `${prefix}:control`,
  };
}

/** Version of the data in Redis. A process refuses data of another version (SCHEMA_MISMATCH). */
export const schemaVersion = 1;
