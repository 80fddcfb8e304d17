// The part of opossum 10 that is used here; it ships no types of its own.
declare module "opossum" {
  interface Options {
    name?: string;
    /** ms, or false for none. */
    timeout?: number | false;
    /** ms until it lets a call through by itself. */
    resetTimeout?: number;
    errorThresholdPercentage?: number;
    volumeThreshold?: number;
    rollingPercentilesEnabled?: boolean;
    enableSnapshots?: boolean;
  }

  export default class CircuitBreaker<Arguments extends unknown[], Answer> {
    constructor(action: (...args: Arguments) => Promise<Answer>, options?: Options);
    readonly opened: boolean;
    open(): void;
    close(): void;
    shutdown(): void;
    fire(...args: Arguments): Promise<Answer>;
  }
}
