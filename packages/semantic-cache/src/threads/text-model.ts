import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { BertTokenizer, type Encoding } from "@xenova/transformers/src/tokenizers.js";
// CommonJS whose names Node cannot see from an ES module: only the default is there.
import onnxruntime, { type InferenceSession, type Tensor } from "onnxruntime-node";
import { type Gate, throughGate } from "./gate.ts";

/** Files of a folder with weights, as @llm-router/model-weights has them. */
const weightsFile = "onnx/model_quantized.onnx";
const tokenizerFile = "tokenizer.json";

/** The threads of this process are ours to count. */
const oneThread: InferenceSession.SessionOptions = { intraOpNumThreads: 1, interOpNumThreads: 1, executionMode: "sequential" };

/** Tokenizer and network of one folder. A run holds its thread until it is over. */
export interface TextModel {
  /** Tokens of one text or pair, marks included. */
  encode(text: string, pair?: string): Encoding;
  /** The first output for them. One text or pair a run: int8 weights scale over the whole input, so company would change the numbers. */
  run(encoding: Encoding): Promise<{ data: Float32Array; dims: readonly number[] }>;
  /** Changes when the numbers may. */
  version(): Promise<string>;
}

/**
 * Must be called inside the gate, which then is passed for each run.
 * @throws Error when a file is missing or is not what onnxruntime 1.14 reads.
 */
export async function loadTextModel(folder: string, gate: Gate): Promise<TextModel> {
  const json = async (name: string) => JSON.parse(await readFile(join(folder, name), "utf8")) as unknown;
  const tokenizer = new BertTokenizer(await json(tokenizerFile), await json("tokenizer_config.json"));
  const session = await onnxruntime.InferenceSession.create(join(folder, weightsFile), oneThread);
  return {
    encode: (text, pair) => tokenizer(text, { ...(pair === undefined ? {} : { text_pair: pair }), return_tensor: false }),
    async run({ input_ids, attention_mask, token_type_ids }) {
      const inputs = { input_ids: row(input_ids), attention_mask: row(attention_mask), token_type_ids: row(token_type_ids) };
      const outputs = await throughGate(gate, () => session.run(inputs));
      const output = outputs[session.outputNames[0] ?? ""];
      if (!(output?.data instanceof Float32Array)) throw new TypeError(`${folder} answers with something else than 32-bit floats`);
      return { data: output.data, dims: output.dims };
    },
    async version() {
      const hash = createHash("sha256");
      for (const name of [weightsFile, tokenizerFile]) hash.update(await readFile(join(folder, name)));
      return `${basename(folder)}-${hash.digest("hex").slice(0, 12)}`;
    },
  };
}

function row(ids: readonly number[]): Tensor {
  const values = BigInt64Array.from(ids, (id) => BigInt(id));
  return new onnxruntime.Tensor("int64", values, [1, ids.length]);
}
