import { type ApiKey, RouterError } from "@llm-router/contracts";
import {
  addApiKey,
  countApiKeys,
  listApiKeys,
  type RateLimits,
  readApiKey,
  removeApiKey,
  settleRate,
  takeRate,
} from "@llm-router/job-queue";
import type { Connection } from "./connection.ts";

/** The API keys that are kept in Redis, and the rates of all keys. */
export class ApiKeys {
  readonly #connection: Connection;

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  /** Keeps a key. @throws {RouterError} INVALID_REQUEST when there is one of this id; REDIS_UNAVAILABLE. */
  async add(key: ApiKey): Promise<void> {
    const added = await this.#connection.perform("keeping the API key", () => addApiKey(this.#connection.context, key));
    if (!added) throw new RouterError("INVALID_REQUEST", `There is an API key ${key.id} already; revoke it first, or use another name.`);
  }

  /** undefined: none of this id. */
  async find(id: string): Promise<ApiKey | undefined> {
    return this.#connection.perform("reading the API key", () => readApiKey(this.#connection.context, id));
  }

  async list(): Promise<ApiKey[]> {
    return this.#connection.perform("reading the API keys", () => listApiKeys(this.#connection.context));
  }

  async count(): Promise<number> {
    return this.#connection.perform("counting the API keys", () => countApiKeys(this.#connection.context));
  }

  /** Whether there was one of this id. */
  async revoke(id: string): Promise<boolean> {
    return this.#connection.perform("removing the API key", () => removeApiKey(this.#connection.context, id));
  }

  /** Takes a request's place under a key's rates. Returns 0, or in how many ms there will be one. */
  async takeRate(id: string, limits: RateLimits, use: { member: string; tokens: number }): Promise<number> {
    return this.#connection.perform("counting the API key's rate", () => takeRate(this.#connection.context, id, limits, use));
  }

  /** What was reserved becomes what was used. */
  async settleRate(id: string, use: { member: string; tokens: number }): Promise<void> {
    return this.#connection.perform("settling the API key's tokens", () => settleRate(this.#connection.context, id, use));
  }
}
