import type { ApiKeys } from "@llm-router/client";
import { type ApiKey, apiKeyId, apiKeyRecord, type GatewayConfig, hashApiKey, sameHash } from "@llm-router/contracts";
import { Remembered } from "./remembered.ts";

/** Keys remembered at once. */
const maxRemembered = 10_000;
/** Stands for the hash of a key that is not there, so that the comparison takes as long. */
const nobody = `sha256:${"0".repeat(64)}`;

/** The API keys of a gateway: those of its configuration, and those that are kept in Redis. */
export class KeyRing {
  readonly #configured: readonly ApiKey[];
  readonly #kept: ApiKeys;
  readonly #isPublic: boolean;
  readonly #remembered = new Map<string, Remembered<ApiKey | undefined>>();
  readonly #count: Remembered<number>;
  #everHadKeys = false;

  /** @param isPublic Whether more than this machine reaches the gateway: then it is never open, whatever becomes of the keys. */
  constructor({ keys }: Pick<GatewayConfig, "keys">, kept: ApiKeys, isPublic: boolean) {
    this.#configured = Object.entries(keys).map(([id, key]) => ({ id, ...apiKeyRecord.parse(key) }));
    this.#kept = kept;
    this.#count = new Remembered(() => kept.count());
    this.#isPublic = isPublic;
  }

  /** Whether there is a key at all. */
  async hasKeys(): Promise<boolean> {
    if (this.#configured.length > 0) return true;
    return (await this.#count.get()) > 0;
  }

  /** Whether nobody needs a key. Once there was one, only a new start without any makes the gateway open again. */
  async isOpen(): Promise<boolean> {
    if (this.#isPublic || this.#everHadKeys) return false;
    this.#everHadKeys = await this.hasKeys();
    return !this.#everHadKeys;
  }

  /** The key that somebody showed; undefined: there is no such key. */
  async find(shown: string): Promise<ApiKey | undefined> {
    const hash = hashApiKey(shown);
    // All are compared: how long it takes says nothing of where it is.
    const configured = this.#configured.filter((key) => sameHash(key.hash, hash));
    if (configured[0]) return configured[0];
    const id = apiKeyId(shown);
    if (id === undefined) return undefined;
    const kept = await this.#read(id);
    return sameHash(kept?.hash ?? nobody, hash) ? kept : undefined;
  }

  /** undefined: there is no such key. */
  async byId(id: string): Promise<ApiKey | undefined> {
    return this.#configured.find((key) => key.id === id) ?? this.#read(id);
  }

  async #read(id: string): Promise<ApiKey | undefined> {
    let known = this.#remembered.get(id);
    if (!known) {
      if (this.#remembered.size >= maxRemembered) this.#remembered.clear();
      known = new Remembered(() => this.#kept.find(id));
      this.#remembered.set(id, known);
    }
    return known.get();
  }
}
