// Owns a redis-server in the folder that its argument names, until it is killed.
import { startLocalRedis } from "@llm-router/service-kit";

const dir = process.argv[2];
if (dir === undefined) throw new Error("name a folder");
const redis = await startLocalRedis({ dir });
console.log(`port ${redis.port}`);
