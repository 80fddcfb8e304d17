/** Options that every command takes, before or after its name. */
export interface GlobalOptions {
  redis?: string;
  namespace?: string;
}

/** As options of a client. */
export function connectionOf({ redis, namespace }: GlobalOptions): GlobalOptions {
  return { ...(redis !== undefined && { redis }), ...(namespace !== undefined && { namespace }) };
}

/** As variables of a process that reads its environment. */
export function environmentOf({ redis, namespace }: GlobalOptions, env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return { ...env, ...(redis !== undefined && { REDIS_URL: redis }), ...(namespace !== undefined && { LLMR_NAMESPACE: namespace }) };
}
