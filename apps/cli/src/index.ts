// The main export of the published package; its command is main.ts.
export * from "llm-router";
