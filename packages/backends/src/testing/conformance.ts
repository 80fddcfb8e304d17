import { describe } from "vitest";
import { describeAborts } from "./describe-aborts.ts";
import { describeAnswers } from "./describe-answers.ts";
import { describeFailures } from "./describe-failures.ts";
import { describeHealth } from "./describe-health.ts";
import { describeTimeouts } from "./describe-timeouts.ts";
import type { BackendSetup } from "./scenario.ts";

export type { BackendSetup, BackendUnderTest, NotApplicable, Scenario } from "./scenario.ts";

/**
 * What every backend must do. `setup` gives a backend whose provider plays the scenario, or the reason why it cannot.
 * ```ts
 * describeBackend("mine", async (scenario) => ({ backend: createMine(await startServer(scenario)), … }));
 * ```
 */
export function describeBackend(name: string, setup: BackendSetup): void {
  describe(`backend ${name}`, () => {
    describeAnswers(setup);
    describeTimeouts(setup);
    describeAborts(setup);
    describeFailures(setup);
    describeHealth(setup);
  });
}
