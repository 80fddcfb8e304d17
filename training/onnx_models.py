"""The ONNX models as the product runs them: one text or pair a run, one thread."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnxruntime
from tokenizers import Tokenizer


def _load(folder: Path, limit: int) -> tuple[onnxruntime.InferenceSession, Tokenizer]:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    session = onnxruntime.InferenceSession(str(folder / "onnx/model_quantized.onnx"), options)
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    tokenizer.no_padding()
    tokenizer.enable_truncation(limit)
    return session, tokenizer


def _run(session: onnxruntime.InferenceSession, encoding) -> np.ndarray:
    inputs = {"input_ids": encoding.ids, "attention_mask": encoding.attention_mask, "token_type_ids": encoding.type_ids}
    wanted = {each.name for each in session.get_inputs()}
    return session.run(None, {name: np.array([value], dtype=np.int64) for name, value in inputs.items() if name in wanted})[0]


class Embedder:
    def __init__(self, folder: Path):
        self.session, self.tokenizer = _load(folder, 256)

    def embed(self, text: str) -> np.ndarray:
        vector = _run(self.session, self.tokenizer.encode(text))[0].mean(axis=0)
        return (vector / np.linalg.norm(vector)).astype(np.float32)


class Verifier:
    def __init__(self, folder: Path):
        self.session, self.tokenizer = _load(folder, 512)

    def score(self, a: str, b: str) -> float:
        return float(_run(self.session, self.tokenizer.encode(a, b)).reshape(-1)[0])
