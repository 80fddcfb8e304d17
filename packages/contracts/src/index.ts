export { type ApiKey, apiKeyId, apiKeyRecord, hashApiKey, newApiKey, sameHash } from "./api-key.ts";
export * from "./backend.ts";
export { type CacheKeyOptions, cacheKey, fingerprint, normalisePrompt } from "./cache-key.ts";
export { canonicalJson, isRecord } from "./canonical-json.ts";
export { checkConfig } from "./config-checks.ts";
export { type LoadConfigOptions, type LoadedConfig, loadConfig } from "./config-load.ts";
export { parseConfig, parseConfigPart, parseConfigText } from "./config-parse.ts";
export * from "./config.ts";
export * from "./config-cache.ts";
export * from "./config-gateway.ts";
export { baseUrlProblem } from "./config-values.ts";
export { type DefinitionDifference, canonicalDefinition, describeDifferences, diffDefinitions, hasInlineSecret } from "./definitions.ts";
export {
  type CacheSkipReason,
  type Eligibility,
  type EligibilityOptions,
  answerEligibility,
  eligibility,
  maxCacheTemperature,
} from "./eligibility.ts";
export * from "./errors.ts";
export * from "./failures.ts";
export { clientIdOf, isRequestId, newClientId, newRequestId, requestTime, uuidv7 } from "./ids.ts";
export { type JobData, readableJobVersions } from "./job.ts";
export * from "./keys.ts";
export { narrowed } from "./narrowed.ts";
export { nearest } from "./nearest.ts";
export { type OptionNames, refuseUnknownOptions } from "./option-names.ts";
export * from "./priority.ts";
export { check, type Checked, type Problem, formatProblem } from "./problems.ts";
export { questionText } from "./question.ts";
export { formatPath, isSecretKey, redacted } from "./redact.ts";
export * from "./request.ts";
export * from "./result.ts";
export { type Env, expandModel, expandSecrets } from "./secrets.ts";
export type * from "./semantic-cache.ts";
export { semanticPrompt } from "./semantic-prompt.ts";
export { isTimeRelative } from "./time-wording.ts";
export { estimateTokens } from "./token-estimate.ts";
export { type RequestLimits, parseRequest } from "./validate.ts";
export type * from "./vector-log.ts";
