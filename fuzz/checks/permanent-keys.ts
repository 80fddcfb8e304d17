/**
 * Every key that llm-router keeps without a TTL, as `part` of `{<namespace>}:part`. Each is one of a fixed number, or its size is
 * bounded as said here. Anything else must have a TTL once its request has ended.
 */
export const permanentKeys: readonly RegExp[] = [
  /^config$/, // definitions
  /^seq$/, // the counter of acceptances
  /^stats$/, // counters
  /^models$/, // names
  /^blocked$/, // names of models
  /^workers$/, // alive until; entries go after a minute
  /^worker-info$/, // likewise
  /^breakers$/, // the last 1,000 changes
  /^keys$/, // API keys, until they are revoked
  /^x[ei]?$/, // index of the cache, cache.maxEntries
  /^xl$/, // the last changes of its vectors, 1,000 or so
  /^cache-stats$/, // counters
  /^cache-pairs$/, // pairs of prompts of reported hits, the last 1,000
  /^m:[^:]+$/, // a model's limits and state
  /^w:[^:]+$/, // a model's workers
  /^pb:[^:]+$/, // a model's probes
  /^model-[^:]+:(meta|events|marker)$/, // BullMQ: settings, the last 10,000 events, the wake-up
  /^model-[^:]+:(completed|failed)$/, // BullMQ: the last finished jobs, bounded by count
  /^model-[^:]+:[^:]+\.[0-9a-f-]{36}$/, // BullMQ: the jobs of those two, and of those under way
  /^dead:?/, // dead letters, bounded by age and count
  /^outcomes$/, // ids of stored outcomes by age, one for each record
  /^outcome-bytes$/, // their size
];

/** What must be empty, so not there, when no request is open. */
export const transientKeys: readonly RegExp[] = [
  /^deadlines$/,
  /^orphans$/, // followers without a leader
  /^fo:/, // followers
  /^pk:/,
  /^model-[^:]+:(wait|prioritized|delayed|active|due|waiting-children|paused)$/,
];
