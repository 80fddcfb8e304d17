export { createGateway, type Gateway, type GatewayOptions } from "./app.ts";
export { runGateway } from "./run-gateway.ts";
export { type RunningGateway, startGateway, type StartGatewayOptions } from "./start-gateway.ts";
