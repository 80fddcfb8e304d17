// The board in a real browser. It needs Chromium (apt-get install chromium), and is skipped without one.
import { eventually, redisTest } from "@llm-router/testkit";
import { chromium, type Page } from "playwright-core";
import { expect } from "vitest";
import { startCluster, withKeys } from "./support/cluster.ts";
import { findChromium } from "./support/find-chromium.ts";

const secret = "the secret recipe";
const waitMs = 15_000;

/** Whatever the browser was sent, of any kind. */
async function collectTexts(page: Page, texts: string[]): Promise<void> {
  page.on("response", (response) => {
    // A redirect, or a page that was left, has no body to read.
    if (response.url().includes("/api/"))
      response.text().then(
        (text) => texts.push(text),
        () => undefined,
      );
  });
}

redisTest("an admin logs in, sees the queues and a failed job without its prompt, and retries it", async ({ redis, skip }) => {
  const executablePath = findChromium();
  if (executablePath === undefined)
    skip("there is no Chromium here: install it (apt-get install chromium), or name it in LLMR_TEST_CHROMIUM");
  await using cluster = await startCluster(redis);
  const { config, keys } = withKeys({ ops: { tenant: "ops", admin: true } });
  const gateway = await cluster.gateway({ config });
  const failed = await gateway.client.enqueue({ prompt: secret, model: "broken", tenant: "t", priority: "high" });
  await failed.outcome();
  await cluster.simulator.control({ perModel: { broken: null } });

  const browser = await chromium.launch({ executablePath: String(executablePath), args: ["--no-sandbox", "--disable-dev-shm-usage"] });
  try {
    const page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
    page.setDefaultTimeout(waitMs);
    const [texts, refused]: [string[], string[]] = [[], []];
    await collectTexts(page, texts);
    page.on("pageerror", (error) => refused.push(error.message));

    await page.goto(`${gateway.url}/board`);
    await page.getByLabel("Admin key").fill("not a key");
    await page.getByRole("button").click();
    await page.getByText("That is no admin key.").waitFor();
    await page.getByLabel("Admin key").fill(keys.ops);
    await page.getByRole("button").click();
    for (const model of ["fast", "slow", "broken"]) await page.getByRole("link", { name: model }).first().waitFor();

    await page.goto(`${gateway.url}/board/queue/broken?status=failed`);
    await page.getByText(failed.id).first().waitFor();
    if (process.env["LLMR_TEST_SCREENSHOT"]) await page.screenshot({ path: process.env["LLMR_TEST_SCREENSHOT"] });
    // The buttons of a job have pictures and no names: the first one after its id retries it.
    await page.locator(`xpath=(//*[normalize-space(text())="${failed.id}"])[1]/following::button[1]`).click();
    await page.getByRole("button", { name: "Confirm" }).click();
    const replayed = await eventually(
      async () => {
        const [letter] = await gateway.client.deadLetters.list();
        if (letter?.replayedBy === undefined) throw new Error("not retried yet");
        return letter.replayedBy;
      },
      { timeoutMs: waitMs },
    );
    expect(await gateway.client.attach(replayed).outcome()).toMatchObject({ state: "completed" });
    await page.getByText(failed.id).first().waitFor({ state: "detached" });

    expect(texts.join()).toContain(failed.id);
    expect(texts.join()).not.toContain(secret);
    expect(await page.content()).not.toContain(secret);
    expect(refused).toEqual([]);
  } finally {
    await browser.close();
  }
});
