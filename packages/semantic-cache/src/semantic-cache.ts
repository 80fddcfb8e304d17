import { createHash } from "node:crypto";
import type {
  SemanticCachePort,
  SemanticCacheState,
  SemanticCacheStatus,
  SemanticEntry,
  SemanticHit,
  SemanticLookup,
  SemanticMiss,
  SemanticMissReason,
} from "@llm-router/contracts";
import type { Engine } from "./engine.ts";
import { decide, type Decision } from "./decision/decide.ts";
import type { SemanticLog } from "./options.ts";
import type { Embedder, PairVerifier, VectorStore } from "./ports.ts";
import { createQuestionVectors, type QuestionVectors } from "./question-vectors.ts";
import { Statistics } from "./statistics.ts";
import { createStoreQueue, type StoreQueue } from "./store-queue.ts";
import { uuidV5 } from "./uuid-v5.ts";

/** So many neighbours are looked at: further ones are worse, and each costs a run of the verifier. */
const maxCandidates = 5;
const lookupTimeoutMs = 250;
/** Looked up at once; one takes about 10 ms of a thread, so further ones would only wait until their time is over. */
const maxLookups = 50;
const quietMs = 60_000;

export interface Parts {
  engine: Engine;
  store: VectorStore;
  thresholds: { similarityThreshold: number; candidateFloor: number };
  log: SemanticLog;
}

/** A part failed, by the reason that a miss has then. */
class PartError extends Error {
  override readonly name = "PartError";
  readonly reason: SemanticMissReason;
  constructor(reason: SemanticMissReason, cause: unknown) {
    super(cause instanceof Error ? cause.message : String(cause), { cause });
    this.reason = reason;
  }
}

/** Embedder, store, guards and verifier joined. Doubt, failure and lateness are misses; nothing is thrown at a caller. */
export class SemanticCache implements SemanticCachePort {
  readonly #parts: Parts;
  readonly #vectorOf: QuestionVectors;
  readonly #statistics = new Statistics();
  readonly #queue: StoreQueue<SemanticEntry>;
  #lookups = 0;
  #quietUntil = 0;
  #closed: Promise<void> | undefined;

  constructor(parts: Parts) {
    this.#parts = parts;
    this.#vectorOf = createQuestionVectors(parts.engine.embedder);
    this.#queue = createStoreQueue((entries) => this.#remember(entries));
  }

  async lookup(lookup: SemanticLookup): Promise<SemanticHit | SemanticMiss> {
    const startedAt = performance.now();
    const answer = await this.#lookUp(lookup);
    this.#statistics.looked(answer, performance.now() - startedAt);
    return answer;
  }

  async #lookUp(lookup: SemanticLookup): Promise<SemanticHit | SemanticMiss> {
    if (this.#closed) return miss("off");
    if (this.#lookups >= maxLookups) return miss("busy");
    this.#lookups++;
    try {
      return await this.#find(lookup);
    } finally {
      this.#lookups--;
    }
  }

  async #find({ prompt, partition, models, timeoutMs = lookupTimeoutMs }: SemanticLookup): Promise<SemanticHit | SemanticMiss> {
    const { store, thresholds, engine } = this.#parts;
    const { embedder, verifier } = engine;
    // Whole: half of a budget may not be.
    const signal = AbortSignal.timeout(Math.max(1, Math.ceil(timeoutMs)));
    try {
      const vector = await within(signal, "engine", this.#vectorOf(prompt, signal));
      if (!vector) return miss("too-long");
      const query = {
        partition: ownPartition(partition, embedder),
        vector,
        limit: maxCandidates,
        floor: thresholds.candidateFloor,
        models,
      };
      const candidates = await within(signal, "store", store.query(query));
      if (candidates.length === 0) return miss("no-candidate");
      const bounded = {
        version: verifier.version,
        score: (pairs: Parameters<PairVerifier["score"]>[0]) => verifier.score(pairs, signal),
        close: () => verifier.close(),
      };
      const decision = await within(signal, "engine", decide({ prompt, candidates, thresholds }, bounded));
      this.#statistics.decided(decision);
      const match = decision.hit && candidates[decision.hit.index];
      if (!decision.hit || !match) return { ...miss("rejected"), ...refusedBy(decision) };
      const { similarity, verifierScore } = decision.hit;
      return { kind: "hit", entry: match.entry, model: match.model, prompt: match.prompt, similarity, verifierScore };
    } catch (error) {
      if (signal.aborted) return miss("timeout");
      this.#complain(error, "a lookup in the semantic cache failed and was taken as a miss");
      return miss(error instanceof PartError ? error.reason : "engine");
    }
  }

  store(entry: SemanticEntry): void {
    if (!this.#queue.add(entry)) this.#statistics.storeFailures++;
  }

  async #remember(entries: readonly SemanticEntry[]): Promise<void> {
    const { engine, store } = this.#parts;
    try {
      const points = await Promise.all(
        entries.map(async ({ partition, prompt, ...rest }) => {
          const vector = await this.#vectorOf(prompt);
          const own = ownPartition(partition, engine.embedder);
          return vector && { ...rest, id: uuidV5(own, prompt, rest.model), partition: own, prompt, vector };
        }),
      );
      const readable = points.filter((point) => point !== undefined);
      if (readable.length > 0) await store.upsert(readable);
      this.#statistics.stored += readable.length;
    } catch (error) {
      this.#statistics.storeFailures += entries.length;
      this.#complain(error, "an answer was not remembered in the semantic cache");
    }
  }

  /** Once a minute at most: what is broken is asked many times a second. */
  #complain(error: unknown, message: string): void {
    if (Date.now() < this.#quietUntil) return;
    this.#quietUntil = Date.now() + quietMs;
    this.#parts.log.warn({ err: error }, message);
  }

  async flushed(): Promise<void> {
    await this.#queue.flushed();
  }

  state(): SemanticCacheState {
    return this.#closed ? { state: "off", detail: "it was closed" } : { state: "on" };
  }

  async status(): Promise<SemanticCacheStatus> {
    const status = { ...this.state(), ...this.#statistics.read() };
    return this.#closed ? status : { ...status, store: await this.#parts.store.health() };
  }

  close(): Promise<void> {
    this.#closed ??= (async () => {
      await this.#queue.close();
      await this.#parts.engine.close();
      await this.#parts.store.close();
    })();
    return this.#closed;
  }
}

function miss(reason: SemanticMissReason): SemanticMiss {
  return { kind: "miss", reason };
}

/** What refused the nearest candidate. */
function refusedBy({ rejected }: Decision): { by?: string } {
  const nearest = rejected.toSorted((a, b) => a.index - b.index)[0];
  if (!nearest) return {};
  const { by, doubt } = nearest;
  if (doubt !== undefined) return { by: `doubt:${doubt}` };
  return { by: by === "floor" || by === "verifier" ? by : `guard:${by}` };
}

/** Vectors of two embedders are never compared. */
function ownPartition(fingerprint: string, { version }: Embedder): string {
  return createHash("sha256").update(`${fingerprint}\n${version}`).digest("hex");
}

/** What a part gives, unless the time ends first. */
async function within<Value>(signal: AbortSignal, reason: SemanticMissReason, work: Promise<Value>): Promise<Value> {
  const { promise: late, reject } = Promise.withResolvers<never>();
  const onAbort = () => reject(signal.reason);
  signal.addEventListener("abort", onAbort, { once: true });
  if (signal.aborted) onAbort();
  try {
    return await Promise.race([work, late]);
  } catch (error) {
    throw new PartError(reason, error);
  } finally {
    signal.removeEventListener("abort", onAbort);
  }
}
