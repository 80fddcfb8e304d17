import { oldestNode } from "./oldest-node.ts";

/** The Nodes to run on: the oldest that is supported, and the one that runs the tests. */
export const nodes = [
  { name: "Node 22.12", find: oldestNode },
  { name: "Node 24", find: async () => process.execPath },
];
