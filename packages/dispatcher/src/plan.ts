import { defaultMaxWaitMs, type PriorityClass, type Request, type RouteConfig, RouterError, routeSchema } from "@llm-router/contracts";
import type { Candidate, SharedConfig } from "@llm-router/job-queue";
import { strategies } from "./strategies/index.ts";

/** Where a request may go, and how it is treated on the way. */
export interface Plan {
  candidates: Candidate[];
  /** 0: never overdue. */
  maxWaitMs: number;
  maxAttempts: number;
  whenUnavailable: "hold" | "fail";
  /** Only CRITICAL and HIGH displace. */
  displace: "move" | "fail" | "off";
}

/** What a class without a route assumes. */
const defaults = routeSchema.omit({ targets: true }).parse({});

/**
 * Turns class, route and request into an ordered list of candidates. A request's own `model` or `models` win over the
 * route; without a route every model is a target, in the order of registration.
 * @throws {RouterError} NO_CONFIG when the namespace knows no model at all.
 */
export function planRequest(request: Pick<Request, "model" | "models">, priorityClass: PriorityClass, config: SharedConfig): Plan {
  if (config.models.size === 0) {
    throw new RouterError(
      "NO_CONFIG",
      "No model is defined in this namespace yet; start a worker with a configuration: npx llm-router worker",
    );
  }
  const named = request.models ?? (request.model === undefined ? undefined : [request.model]);
  const configured = config.routes.get(priorityClass);
  const route: RouteConfig = named
    ? { ...defaults, ...configured, targets: named, fallback: [], strategy: "ordered" }
    : (configured ?? { ...defaults, targets: [...config.models.keys()] });
  const strategy = strategies[route.strategy];
  const models = [...new Set([...route.targets, ...route.fallback])];
  return {
    candidates: models.map((model, index) => ({ model, ...strategy({ model, index, fallback: index >= route.targets.length }) })),
    maxWaitMs: priorityClass === "CRITICAL" ? 0 : (route.maxWaitMs ?? defaultMaxWaitMs[priorityClass]),
    maxAttempts: route.maxAttempts,
    whenUnavailable: route.whenUnavailable,
    displace: priorityClass === "CRITICAL" || priorityClass === "HIGH" ? route.displace : "off",
  };
}
