import { keepHeapSmall } from "@llm-router/service-kit";

keepHeapSmall();
// Only now, so that what it loads is kept small, too.
const { runGateway } = await import("./run-gateway.ts");
await runGateway();
