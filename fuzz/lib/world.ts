import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { freePort, type LocalRedis, startLocalRedis } from "@llm-router/service-kit";
import { LogFile } from "./log-file.ts";
import { ModelServer } from "./model-server.ts";
import { configOf, type SimulatorName, simulatorNames, type Variant } from "./models.ts";
import type { ProcessSlot } from "./process-slot.ts";
import { RedisWatch } from "./redis-watch.ts";
import { ProducerSlot } from "./producer-slot.ts";
import { gatewaySlot, workerSlot } from "./services.ts";
import { type TempFolder, tempFolder } from "./temp-folder.ts";
import type { ProcessLine } from "./history.ts";

export interface WorldOptions {
  seed: number;
  fsync: "everysec" | "always";
  workers: number;
  gateways: number;
  producers: number;
  /** Requests that each producer has open at once. */
  lanes: number;
}

/** Everything that a run starts: Redis, simulators, workers, gateways and producers, each behind its own proxy. */
export class World implements AsyncDisposable {
  readonly options: WorldOptions;
  readonly namespace: string;
  readonly folder: TempFolder;
  readonly redis: LocalRedis;
  readonly log: LogFile;
  readonly watch: RedisWatch;
  readonly simulators = new Map<SimulatorName, ModelServer>();
  readonly workers: ProcessSlot[] = [];
  readonly gateways: ProcessSlot[] = [];
  readonly producers: ProducerSlot[] = [];
  variant: Variant = "a";
  #workerCount = 0;

  private constructor(options: WorldOptions, folder: TempFolder, redis: LocalRedis) {
    this.options = options;
    this.namespace = `fuzz-${options.seed}`;
    this.folder = folder;
    this.redis = redis;
    this.log = new LogFile(this.path("world.ndjson"));
    this.watch = new RedisWatch(redis.url, this.namespace, this.log);
  }

  static async start(options: WorldOptions): Promise<World> {
    const folder = await tempFolder();
    const redis = await startLocalRedis({ args: ["--appendfsync", options.fsync] });
    const world = new World(options, folder, redis);
    try {
      await world.#startAll();
      return world;
    } catch (error) {
      await world[Symbol.asyncDispose]();
      throw error;
    }
  }

  async #startAll(): Promise<void> {
    await Promise.all(
      simulatorNames.map(async (name) => {
        const ports = { port: await freePort(), controlPort: await freePort() };
        const server = new ModelServer({ name, ...ports, logPath: this.path(`simulator-${name}.ndjson`), note: this.note });
        this.simulators.set(name, server);
        await server.start();
      }),
    );
    const urls = Object.fromEntries([...this.simulators].map(([name, { url }]) => [name, url])) as Record<SimulatorName, string>;
    for (const variant of ["a", "b"] as const) writeFileSync(this.configPath(variant), JSON.stringify(configOf(urls, variant)));
    const gatewayPorts = await Promise.all(Array.from({ length: this.options.gateways }, () => freePort()));
    await Promise.all(Array.from({ length: this.options.workers }, () => this.addWorker()));
    this.watch.start();
    for (let slot = 0; slot < this.options.producers; slot++) {
      const { seed, lanes } = this.options;
      this.producers.push(
        new ProducerSlot({
          slot,
          seed,
          lanes,
          namespace: this.namespace,
          redisPort: this.redis.port,
          gatewayPorts,
          logPath: this.path(`producer-${slot}.ndjson`),
          note: this.note,
          hand: (message) => this.producers[(slot + 1) % this.producers.length]?.send(message),
        }),
      );
    }
    // Only now, as they read what the workers have defined.
    await Promise.all([
      ...gatewayPorts.map((port, i) => this.#startGateway(`g${i + 1}`, port)),
      ...this.producers.map((producer) => producer.start()),
    ]);
  }

  /** What workers and gateways are started with. */
  get #service() {
    return {
      namespace: this.namespace,
      redisPort: this.redis.port,
      configPath: () => this.configPath(this.variant),
      note: this.note,
      onLag: (ms: number, at: number) => this.log.write({ k: "lag", at, ms }),
    };
  }

  async #startGateway(name: string, port: number): Promise<void> {
    const gateway = gatewaySlot({ ...this.#service, name, port });
    this.gateways.push(gateway);
    await gateway.start();
  }

  async addWorker(): Promise<ProcessSlot> {
    const worker = workerSlot({ ...this.#service, name: `w${++this.#workerCount}` });
    try {
      await worker.start();
    } catch (error) {
      await worker[Symbol.asyncDispose]();
      throw error;
    }
    // Only now may a fault strike it.
    this.workers.push(worker);
    return worker;
  }

  async removeWorker(worker: ProcessSlot): Promise<void> {
    this.workers.splice(this.workers.indexOf(worker), 1);
    await worker.remove();
  }

  readonly note = (line: Omit<ProcessLine, "k" | "at">): void => this.log.write({ k: "process", at: Date.now(), ...line });

  path(file: string): string {
    return join(this.folder.path, file);
  }

  configPath(variant: Variant): string {
    return this.path(`config-${variant}.json`);
  }

  /** The files that the history consists of. */
  get logs(): string[] {
    return [
      this.path("world.ndjson"),
      ...this.producers.map(({ logPath }) => logPath),
      ...[...this.simulators.values()].map(({ logPath }) => logPath),
    ];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(
      [...this.producers, ...this.gateways, ...this.workers, ...this.simulators.values()].map((part) => part[Symbol.asyncDispose]()),
    );
    await this.watch.close();
    await this.redis.stop();
    this.log.close();
    await this.folder[Symbol.asyncDispose]();
  }
}
