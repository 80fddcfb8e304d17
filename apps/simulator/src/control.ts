import { z } from "zod";

const count = z.int().nonnegative();
const seconds = z.int().nonnegative();
/** The outage ends by itself after so many calls (default: it lasts until it is cleared). */
const next = z.int().positive().optional();
/** Tokens that still go out before the break. */
const tokens = count.default(10);

const outages = z.discriminatedUnion("mode", [
  /** Nobody listens: connections are refused and open ones are cut. For the whole server; `forMs` opens the port again. */
  z.strictObject({ mode: z.literal("refuse"), forMs: z.int().positive().optional() }),
  /** The connection is destroyed without an answer. */
  z.strictObject({ mode: z.literal("reset"), next }),
  /** An error status with the API's error body. */
  z.strictObject({
    mode: z.literal("status"),
    status: z.int().min(400).max(599).default(500),
    message: z.string().optional(),
    retryAfterSeconds: seconds.optional(),
    next,
  }),
  /** 429 with Retry-After. */
  z.strictObject({ mode: z.literal("rate-limit"), retryAfterSeconds: seconds.default(5), next }),
  /** Ollama's 503 of a full queue, without Retry-After. */
  z.strictObject({ mode: z.literal("busy"), next }),
  /** The call is accepted and not one byte is sent. */
  z.strictObject({ mode: z.literal("hang"), next }),
  /** Goes silent, the connection stays open. */
  z.strictObject({ mode: z.literal("stall-after"), tokens, next }),
  /** The connection is destroyed (a killed server). */
  z.strictObject({ mode: z.literal("cut-after"), tokens, next }),
  /** A clean end without the end mark: no `done`, no finish_reason, no `[DONE]`. */
  z.strictObject({ mode: z.literal("end-without-done"), tokens, next }),
  /** The stream ends with an error line (a killed runner); a plain call answers 500. */
  z.strictObject({ mode: z.literal("error-after"), tokens, message: z.string().optional(), next }),
  /** 200 with a body that is not JSON. */
  z.strictObject({ mode: z.literal("garbage"), next }),
]);
export type Outage = z.output<typeof outages>;

/** `"hang"` means `{ mode: "hang" }`; null means none. */
const outage = z.preprocess((value) => (typeof value === "string" ? { mode: value } : value), outages.nullable());
export type OutageInput = z.input<typeof outages> | Outage["mode"] | null;

const toolCall = z.strictObject({ name: z.string().min(1), arguments: z.record(z.string(), z.unknown()).default({}) });

const behaviourPatch = z
  .strictObject({
    /** Before the first token, ms. */
    latencyMs: z.number().nonnegative().max(86_400_000),
    /** 0: all at once, in one write. */
    tokensPerSecond: z.number().nonnegative(),
    /** Length of a derived answer, its marker included. */
    tokens: count.max(1_000_000),
    /** A fixed answer, in which {prompt}, {marker} and {model} are filled in; null: derived from the prompt. */
    answer: z.string().nullable(),
    /** What the model thinks first; null: it cannot think. */
    reasoning: z.string().nullable(),
    /** Called instead of answering, when the request has tools. */
    toolCalls: z.array(toolCall).min(1).nullable(),
    finishReason: z.enum(["stop", "length", "content_filter"]),
    /** Calls that run at once, the rest waits in order (OLLAMA_NUM_PARALLEL). 0: no limit. */
    slots: count,
    /** Calls let in per 60 s; more get 429 with Retry-After. 0: no limit. */
    rpm: count,
    /** Share of calls, drawn from the seed, that fail with `errorStatus`. */
    errorRate: z.number().min(0).max(1),
    errorStatus: z.int().min(400).max(599),
    /** So many calls fail with `errorStatus`. */
    failNext: count,
    /** Prompt tokens (4 characters each) that fit. 0: no limit. */
    contextLength: count,
    supportsTools: z.boolean(),
    supportsImages: z.boolean(),
    outage,
  })
  .partial();
type BehaviourPatchOutput = z.output<typeof behaviourPatch>;
type BehaviourPatchInput = Omit<z.input<typeof behaviourPatch>, "outage"> & { outage?: OutageInput };

/** How a model behaves; every field of {@link behaviourPatch} with its value. */
export type Behaviour = { [K in keyof BehaviourPatchOutput]-?: Exclude<BehaviourPatchOutput[K], undefined> };
export type BehaviourPatch = BehaviourPatchOutput;

export const defaultBehaviour: Behaviour = {
  latencyMs: 0,
  tokensPerSecond: 0,
  tokens: 8,
  answer: null,
  reasoning: null,
  toolCalls: null,
  finishReason: "stop",
  slots: 0,
  rpm: 0,
  errorRate: 0,
  errorStatus: 500,
  failNext: 0,
  contextLength: 0,
  supportsTools: true,
  supportsImages: true,
  outage: null,
};

const controlPatch = z
  .strictObject({
    ...behaviourPatch.shape,
    /** The models that exist; null: any name does. */
    models: z.array(z.string().min(1)).nullable().optional(),
    /** What single models do differently; null takes a model's overrides off. */
    perModel: z.record(z.string().min(1), behaviourPatch.nullable()).optional(),
    /** Bearer key that /v1 asks for; null: any. */
    apiKey: z.string().min(1).nullable().optional(),
    /** Starts the random sequence anew. */
    seed: z.int().optional(),
    /** First back to how the simulator was started, then the rest of the patch. */
    reset: z.boolean().optional(),
  })
  .superRefine((patch, context) => {
    for (const [model, own] of Object.entries(patch.perModel ?? {})) {
      if (own?.outage?.mode !== "refuse") continue;
      context.addIssue({
        code: "custom",
        path: ["perModel", model, "outage"],
        message: "refuse closes the port of all models; use reset for one model",
      });
    }
  });
export type ControlPatch = z.output<typeof controlPatch>;
export type ControlInput = Omit<z.input<typeof controlPatch>, "outage" | "perModel"> &
  BehaviourPatchInput & { perModel?: Record<string, BehaviourPatchInput | null> };

/** A control patch that cannot be taken; the message names each field. */
export class ControlError extends Error {
  override readonly name = "ControlError";
}

/** @throws {ControlError} for an unknown field or a value out of range; nothing of the patch is applied then. */
export function parseControl(input: unknown): ControlPatch {
  const parsed = controlPatch.safeParse(input);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map((issue) =>
    issue.path.length === 0 ? issue.message : `${issue.path.join(".")}: ${issue.message}`,
  );
  throw new ControlError(`control: ${problems.join("; ")}`);
}
