// Loaded into a worker or gateway process before its own code: it ends with the run, and tells how late its event loop was.
import { watchLag } from "./lag.ts";

process.on("disconnect", () => process.exit(1));
process.channel?.unref();
watchLag((ms) => process.send?.({ lag: ms, at: Date.now() }));
