import { type Config, type Env, expandModel, priorityClasses, type RouteConfig, RouterError } from "@llm-router/contracts";
import { formatTable } from "@llm-router/service-kit/format-table";

/** What `llm-router config check` prints of a configuration that is right. */
export function formatConfig(path: string, config: Config, env: Env): string {
  const models = Object.entries(config.models);
  const names = models.map(([name]) => name);
  const routes = priorityClasses.map((name) => {
    const route = config.routes[name.toLowerCase() as keyof Config["routes"]];
    const strategy: string = route?.strategy ?? "no route: every model, as ordered";
    return [name, route ? targetsOf(route) : names.join(", "), strategy];
  });
  return [
    `${path} is right.`,
    "",
    formatTable(
      ["MODEL", "PROVIDER", "DEPTH", "CONCURRENCY"],
      models.map(([name, model]) => [
        name,
        `${model.provider} ${model.model}`,
        String(model.maxQueueDepth),
        String(model.concurrency ?? "default"),
      ]),
    ),
    "",
    formatTable(["CLASS", "MODELS", "STRATEGY"], routes),
    ...missingVariables(config, env).map((problem) => `\nNote: a worker with this environment would not start: ${problem}`),
  ].join("\n");
}

function targetsOf({ targets, fallback }: RouteConfig): string {
  return fallback.length === 0 ? targets.join(", ") : `${targets.join(", ")}, then ${fallback.join(", ")}`;
}

/** Variables are a matter of where a worker runs, which may be elsewhere: they are noted, no error. */
function missingVariables(config: Config, env: Env): string[] {
  return Object.entries(config.models).flatMap(([name, model]) => {
    try {
      expandModel(name, model, env);
      return [];
    } catch (error) {
      if (RouterError.is(error)) return [error.message];
      throw error;
    }
  });
}
