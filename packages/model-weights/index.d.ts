/** Where the sentence embedder's files are: `onnx/model_quantized.onnx`, `tokenizer.json`, `tokenizer_config.json`, `config.json`. */
export declare const embedderFolder: string;
/** Where the pair verifier's files are, by the same names. */
export declare const pairVerifierFolder: string;
