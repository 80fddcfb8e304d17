import { readFileSync } from "node:fs";
import { join } from "node:path";
import { embedderFolder, pairVerifierFolder } from "@llm-router/model-weights";
import { BertTokenizer } from "@xenova/transformers/src/tokenizers.js";
import onnxruntime, { type InferenceSession } from "onnxruntime-node";
import { questions } from "../cache-questions.ts";
import { runPart } from "../run-part.ts";

// onnxruntime called directly: the same networks on the same texts, tokenised and run one after the other, one thread.

type Inputs = Record<string, InstanceType<typeof onnxruntime.Tensor>>;

function row(ids: readonly number[]): InstanceType<typeof onnxruntime.Tensor> {
  return new onnxruntime.Tensor(
    "int64",
    BigInt64Array.from(ids, (id) => BigInt(id)),
    [1, ids.length],
  );
}

function open(folder: string): { encode: (text: string, pair?: string) => Inputs; session: Promise<InferenceSession> } {
  const json = (name: string) => JSON.parse(readFileSync(join(folder, name), "utf8")) as unknown;
  const tokenizer = new BertTokenizer(json("tokenizer.json"), json("tokenizer_config.json"));
  const options: InferenceSession.SessionOptions = { intraOpNumThreads: 1, interOpNumThreads: 1, executionMode: "sequential" };
  return {
    encode(text, pair) {
      const encoded = tokenizer(text, { ...(pair === undefined ? {} : { text_pair: pair }), return_tensor: false });
      return {
        input_ids: row(encoded.input_ids),
        attention_mask: row(encoded.attention_mask),
        token_type_ids: row(encoded.token_type_ids),
      };
    },
    session: onnxruntime.InferenceSession.create(join(folder, "onnx/model_quantized.onnx"), options),
  };
}

async function perSecond(count: number, run: (text: string) => Promise<unknown>): Promise<number> {
  const startedAt = performance.now();
  for (const text of questions(count)) await run(text);
  return (1_000 * count) / (performance.now() - startedAt);
}

await runPart(async () => {
  const [embedder, verifier] = [open(embedderFolder), open(pairVerifierFolder)];
  const [embedderSession, verifierSession] = await Promise.all([embedder.session, verifier.session]);
  return {
    tasks: {
      embed: (count: number) => perSecond(count, (text) => embedderSession.run(embedder.encode(text))),
      score: (count: number) => perSecond(count, (text) => verifierSession.run(verifier.encode(text, `${text} Please.`))),
    },
    close: async () => {},
  };
});
