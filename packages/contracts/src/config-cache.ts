import { z } from "zod";
import { baseUrl, ms } from "./config-values.ts";

// The texts of `.describe()` are what docs/configuration.md and the editors' JSON Schema say: they are the only copy.

export const qdrantSchema = z
  .strictObject({
    type: z.literal("qdrant").describe("A Qdrant server, 1.11 or newer."),
    url: baseUrl.describe("The server's address, such as `http://127.0.0.1:6333`; `${NAME}` is read from the environment."),
    apiKey: z
      .string()
      .min(1)
      .optional()
      .describe("The server's key. Write `${QDRANT_API_KEY}`, never the key itself: the name is stored, the key never."),
    collection: z
      .string()
      .regex(/^[A-Za-z0-9_-]{1,100}$/, "is not a collection's name ([A-Za-z0-9_-]{1,100})")
      .default("llm-router")
      .describe("How the collection's name begins; the namespace and the embedder's version follow."),
    timeoutMs: ms.max(60_000).default(100).describe("What takes longer is a miss, ms."),
  })
  .describe("Keeps the questions' vectors in Qdrant. Answers stay in Redis.");
export type QdrantConfig = z.output<typeof qdrantSchema>;

export const cacheSchema = z
  .strictObject({
    enabled: z.boolean().default(false).describe("Whether answers at temperature 0.3 or less are kept and served again."),
    ttlHours: z.number().positive().default(24).describe("How long an answer is served, in hours from its making."),
    maxEntries: z.int().positive().default(10_000).describe("Most answers kept per namespace; the least recently used go first."),
    semantic: z
      .boolean()
      .optional()
      .describe(
        "Whether a question asked in other words is answered, too. Unset: where `@llm-router/semantic-cache` is installed. `true` needs it; `false` leaves equal questions only. Each process for itself.",
      ),
    similarityThreshold: z
      .number()
      .min(0)
      .max(1)
      .default(0.92)
      .describe("Cosine of two questions from which the verifier is trusted as it is; below it must be surer. 1: equal questions only."),
    candidateFloor: z.number().min(0).max(1).default(0.75).describe("Cosine below which two questions are not compared at all."),
    store: z
      .union([z.literal("embedded"), qdrantSchema])
      .default("embedded")
      .describe("Where the questions' vectors are: in Redis and the processes' memory, or in Qdrant (`cache.store` below)."),
    weights: z
      .string()
      .min(1)
      .optional()
      .describe("A folder with other weights of embedder and verifier. Unset: those of the package. Each process for itself."),
  })
  .describe("The answer cache.");
export type CacheConfig = z.output<typeof cacheSchema>;
export type CacheInput = z.input<typeof cacheSchema>;
