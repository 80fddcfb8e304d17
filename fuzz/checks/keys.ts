import type { Check } from "./check.ts";
import { permanentKeys, transientKeys } from "./permanent-keys.ts";

/** Every key has a TTL or is one of those that stay; and nothing of a request that has ended is left in a queue. */
export const checkKeys: Check = ({ keys, run }) => ({
  violations: keys.flatMap(({ key, ttl, size, type }) => {
    const prefix = `{${run.namespace}}:`;
    if (!key.startsWith(prefix)) return [{ kind: "keys", detail: `${key} is outside the namespace` }];
    const part = key.slice(prefix.length);
    if (transientKeys.some((pattern) => pattern.test(part)))
      return [{ kind: "leftover", detail: `${part} still holds ${size} with no request open` }];
    if (ttl >= 0 || ttl === -2 || permanentKeys.some((pattern) => pattern.test(part))) return [];
    return [{ kind: "keys", detail: `${part} (${type} of ${size}) has no TTL and is not one of the keys that stay` }];
  }),
});
