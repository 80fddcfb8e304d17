import type { ApiKeys } from "@llm-router/client";
import { type ApiKey, apiKeyId, apiKeyRecord, type GatewayConfig, hashApiKey, sameHash } from "@llm-router/contracts";

/** How long a key that was read from Redis is taken for granted: a revoked one works so much longer, ms. */
const freshMs = 1_000;
/** Keys remembered at once. */
const maxRemembered = 10_000;
/** Stands for the hash of a key that is not there, so that the comparison takes as long. */
const nobody = `sha256:${"0".repeat(64)}`;

interface Remembered<T> {
  /** performance.now() */
  until: number;
  value: Promise<T>;
}

/** The API keys of a gateway: those of its configuration, and those that are kept in Redis. */
export class KeyRing {
  readonly #configured: readonly ApiKey[];
  readonly #kept: ApiKeys;
  readonly #isPublic: boolean;
  readonly #remembered = new Map<string, Remembered<ApiKey | undefined>>();
  #count: Remembered<number> | undefined;
  #everHadKeys = false;

  /** @param isPublic Whether more than this machine reaches the gateway: then it is never open, whatever becomes of the keys. */
  constructor({ keys }: Pick<GatewayConfig, "keys">, kept: ApiKeys, isPublic: boolean) {
    this.#configured = Object.entries(keys).map(([id, key]) => ({ id, ...apiKeyRecord.parse(key) }));
    this.#kept = kept;
    this.#isPublic = isPublic;
  }

  /** Whether there is a key at all. */
  async hasKeys(): Promise<boolean> {
    if (this.#configured.length > 0) return true;
    const now = performance.now();
    if (!this.#count || this.#count.until <= now) this.#count = { until: now + freshMs, value: this.#kept.count() };
    const { value } = this.#count;
    return (await this.#forgetOnFailure(value, () => (this.#count = undefined))) > 0;
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
    const now = performance.now();
    const known = this.#remembered.get(id);
    if (known && known.until > now) return known.value;
    if (this.#remembered.size >= maxRemembered) this.#remembered.clear();
    const value = this.#kept.find(id);
    this.#remembered.set(id, { until: now + freshMs, value });
    return this.#forgetOnFailure(value, () => this.#remembered.delete(id));
  }

  async #forgetOnFailure<T>(value: Promise<T>, forget: () => void): Promise<T> {
    try {
      return await value;
    } catch (error) {
      forget();
      throw error;
    }
  }
}
