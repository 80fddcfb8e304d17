import { randomUUID } from "node:crypto";
import type { Client } from "@llm-router/client";
import {
  type ApiKey,
  estimateTokens,
  priorityClasses,
  type Request,
  resolvePriority,
  RouterError,
  type Usage,
} from "@llm-router/contracts";
import type { Logger } from "@llm-router/service-kit";
import type { Admission, Admit } from "../admission.ts";

/** Reserved for an answer whose request says nothing of its length: the default of a model's `defaultMaxTokens`. */
const usualAnswerTokens = 512;
const unlimited: Admission = { settle: () => undefined, refused: () => undefined };

/** Lets a request pass if its key may send it: its class, its models, and its rates, which count over all gateways. */
export function admitByKey(client: Client, logger: Logger): Admit {
  return async ({ key }, request) => {
    if (!key) return unlimited;
    restrict(key, request);
    if (key.rpm === undefined && key.tpm === undefined) return unlimited;
    const member = randomUUID();
    const tokens = estimateTokens(request) + (request.maxTokens ?? usualAnswerTokens);
    const waitMs = await client.apiKeys.takeRate(key.id, key, { member, tokens });
    if (waitMs > 0) throw rateLimited(key, waitMs);
    if (key.tpm === undefined) return unlimited;
    const settle = (used: number): void => {
      client.apiKeys.settleRate(key.id, { member, tokens: used }).catch((error: unknown) => {
        // What was reserved leaves the window by itself.
        logger.warn({ err: error, key: key.id }, "an API key's tokens could not be settled");
      });
    };
    return {
      settle(usage?: Usage) {
        // Whoever leaves before the end has had tokens that nobody counted.
        if (usage) settle(usage.totalTokens);
      },
      refused: () => settle(0),
    };
  };
}

/** @throws {RouterError} FORBIDDEN. Fills in what a restricted key leaves open: `models`, and the class. */
function restrict(key: ApiKey, request: Request): void {
  const { classes, models } = key;
  if (classes) {
    const allowed = priorityClasses.filter((name) => classes.some((each) => each.toUpperCase() === name));
    const wanted = resolvePriority(request.priority).class;
    if (!allowed.includes(wanted)) {
      // Nothing was asked for: the least urgent that it may use.
      if (request.priority !== undefined) throw notAllowed(`priority: this key may not use ${wanted}`, allowed);
      request.priority = allowed.at(-1) ?? "NORMAL";
    }
  }
  if (models) {
    const wanted = request.models ?? (request.model === undefined ? [] : [request.model]);
    const other = wanted.find((name) => !models.includes(name));
    if (other !== undefined) throw notAllowed(`model: this key may not use ${other}`, models);
    if (wanted.length === 0) request.models = models;
  }
}

function notAllowed(what: string, allowed: readonly string[]): RouterError {
  return new RouterError("FORBIDDEN", `${what}; it may use ${allowed.join(", ")}.`);
}

function rateLimited({ rpm, tpm }: ApiKey, retryAfterMs: number): RouterError {
  const limits = [rpm === undefined ? "" : `${rpm} requests`, tpm === undefined ? "" : `${tpm} tokens`].filter(Boolean).join(" and ");
  return new RouterError("RATE_LIMITED", `The limit of this API key is reached: ${limits} per minute.`, { retryAfterMs });
}
