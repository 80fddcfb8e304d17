import type { Config } from "./config.ts";
import { nearest } from "./nearest.ts";
import type { Problem } from "./problems.ts";

/** What is wrong between the parts of a configuration, each of which is right by itself. */
export function checkConfig(config: Config): Problem[] {
  const names = Object.keys(config.models);
  const ofModels = Object.entries(config.models).flatMap(([name, model]): Problem[] => {
    if (model.tpm === undefined || model.tpm >= model.defaultMaxTokens) return [];
    return [
      {
        path: ["models", name, "tpm"],
        text: `is ${model.tpm}, but an answer alone reserves ${model.defaultMaxTokens} tokens, so no call could start; raise it, or lower defaultMaxTokens`,
      },
    ];
  });
  const ofRoutes = Object.entries(config.routes).flatMap(([name, route]): Problem[] => {
    if (!route) return [];
    const seen = new Map<string, string>();
    return (["targets", "fallback"] as const).flatMap((list) =>
      route[list].flatMap((model, index): Problem[] => {
        const place = `${list}[${index}]`;
        const earlier = seen.get(model);
        seen.set(model, earlier ?? place);
        const path = ["routes", name, list, index];
        if (earlier !== undefined) return [{ path, text: `names "${model}" again (already ${earlier}); name each model once` }];
        return names.includes(model) ? [] : [{ path, text: unknownModel(model, names) }];
      }),
    );
  });
  return [...ofModels, ...ofRoutes];
}

function unknownModel(model: string, names: string[]): string {
  const near = nearest(model, names);
  if (near) return `names "${model}", which is not under models; did you mean "${near}"?`;
  return names.length === 0
    ? `names "${model}", but no models are defined; add it under models`
    : `names "${model}", which is not under models (${names.join(", ")})`;
}
