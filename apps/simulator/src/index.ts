export type { ControlView } from "./behaviour.ts";
export type { CallOutcome, CallPredicate, CallRecord, Stats } from "./call-log.ts";
export type { CallStats } from "./call-stats.ts";
export { type Behaviour, ControlError, type ControlInput, type Outage, type OutageInput } from "./control.ts";
export { markerOf, promptHash } from "./generate-text.ts";
export { type Simulator, type SimulatorOptions, startSimulator } from "./server.ts";
