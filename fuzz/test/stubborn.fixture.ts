// A process that does not end when it is told to.
process.on("SIGTERM", () => undefined);
process.send?.({ ready: true });
setInterval(() => undefined, 60_000);
