import type { Client } from "@llm-router/client";

export interface OpenAIModel {
  id: string;
  object: "model";
  created: number;
  owned_by: string;
}

/** Definitions carry no date: this is when the gateway first could have named them, seconds since the epoch. */
const startedAt = Math.floor(Date.now() / 1_000);

const entry = (id: string, owner: string): OpenAIModel => ({ id, object: "model", created: startedAt, owned_by: owner });

/** Every model of the namespace, and `auto`, which leaves the choice to the routes. */
export async function listModels(client: Client): Promise<OpenAIModel[]> {
  const { models } = await client.getConfig();
  return [...[...models].map(([name, { provider }]) => entry(name, provider)), entry("auto", "llm-router")];
}
