// The part of WebAssembly that the scan uses: Node has it, and its types leave it to the browser's.
declare namespace WebAssembly {
  class Memory {
    constructor(options: { initial: number });
    readonly buffer: ArrayBuffer;
  }
  interface Module {
    readonly [Symbol.toStringTag]: string;
  }
  const Module: new (bytes: Uint8Array) => Module;
  class Instance {
    constructor(module: Module, imports: { rows: { memory: Memory } });
    readonly exports: Readonly<Record<string, unknown>>;
  }
}
