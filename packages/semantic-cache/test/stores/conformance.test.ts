import {
  connectAdmin,
  newNamespace,
  removeNamespace,
  type QdrantStandIn,
  type RedisAccess,
  startQdrantStandIn,
  startTestRedis,
} from "@llm-router/testkit";
import { afterAll, beforeAll, test } from "vitest";
import { EmbeddedStore } from "../../src/stores/embedded/embedded-store.ts";
import { QdrantStore } from "../../src/stores/qdrant/qdrant-store.ts";
import { describeVectorStore, type VectorStoreSetup } from "../../src/testing/describe-vector-store.ts";
import { testDimensions } from "../../src/testing/vectors.ts";
import { openStores } from "./store-fixture.ts";

/** `http://host:port` of a Qdrant that somebody else runs; only collections of the tests' own are touched. */
const real = process.env["LLMR_TEST_QDRANT"];
const parts = new AsyncDisposableStack();
let redisUrl = process.env["LLMR_TEST_REDIS"] ?? "";
let standIn: QdrantStandIn;

beforeAll(async () => {
  redisUrl ||= parts.use(await startTestRedis()).url;
  standIn = parts.use(await startQdrantStandIn());
});
afterAll(() => parts.disposeAsync());

/** A namespace of the test's own, whose keys are deleted after it. */
function newAccess(onEnd: (end: () => Promise<void>) => void): RedisAccess {
  const admin = connectAdmin(redisUrl);
  const access: RedisAccess = { url: redisUrl, namespace: newNamespace(), admin };
  onEnd(async () => {
    await removeNamespace(admin, access.namespace);
    admin.disconnect();
  });
  return access;
}

const embedded: VectorStoreSetup = async ({ onTestFinished }) =>
  openStores(newAccess(onTestFinished), (log) => new EmbeddedStore({ log, dimensions: testDimensions }));

/** Every test has a collection of its own. A loaded machine is given more time than users are. */
function qdrantAt(url: () => string): VectorStoreSetup {
  return async ({ onTestFinished }) => {
    const access = newAccess(onTestFinished);
    const collection = `llmr-${access.namespace}`;
    onTestFinished(async () => void (await fetch(`${url()}/collections/${collection}`, { method: "DELETE" })));
    return openStores(access, (log) => new QdrantStore({ url: url(), log, collection, dimensions: testDimensions, timeoutMs: 5_000 }));
  };
}

describeVectorStore("embedded", embedded);
describeVectorStore(
  "qdrant (stand-in)",
  qdrantAt(() => standIn.url),
);

// oxlint-disable-next-line vitest/no-conditional-tests -- the suite runs, or says why not
if (real)
  describeVectorStore(
    "qdrant (real)",
    qdrantAt(() => real),
  );
// oxlint-disable-next-line vitest/expect-expect
else test("a real Qdrant passes the suite", (context) => context.skip("LLMR_TEST_QDRANT is not set (http://host:port)"));
