"""Writes a trained verifier as ONNX, int8 (dynamic, per channel), opset 14 and IR 7, as onnxruntime 1.14 reads it.

    python export.py --base DIR --weights model.pt --check pairs.jsonl --out FOLDER

Says how far the int8 logits are from those in fp32 on the first 400 pairs of --check, one pair a run.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np
import onnx
import torch
from onnxruntime.quantization import QuantType, quantize_dynamic
from tokenizers import Tokenizer

from model import PairVerifier
from onnx_models import Verifier

CHECKED = 400
INPUTS = ["input_ids", "attention_mask", "token_type_ids"]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    for name in ("base", "weights", "check", "out"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    options = parser.parse_args()
    torch.set_num_threads(1)
    model = PairVerifier(options.base, attention="eager")
    model.load_state_dict(torch.load(options.weights))
    model.eval()
    (options.out / "onnx").mkdir(parents=True, exist_ok=True)
    full, quantized = options.out / "model.onnx", options.out / "onnx/model_quantized.onnx"
    example = tuple(torch.ones(2, 9, dtype=torch.long) for _ in INPUTS)
    axes = {name: {0: "batch", 1: "tokens"} for name in INPUTS} | {"logits": {0: "batch"}}
    torch.onnx.export(model, example, str(full), input_names=INPUTS, output_names=["logits"], dynamic_axes=axes, opset_version=14, dynamo=False)
    quantize_dynamic(str(full), str(quantized), weight_type=QuantType.QInt8, per_channel=True)
    small = onnx.load(str(quantized))
    small.ir_version = 7
    onnx.save(small, str(quantized))

    tokenizer = Tokenizer.from_file(str(options.base / "tokenizer.json"))
    tokenizer.no_padding()
    tokenizer.no_truncation()
    tokenizer.save(str(options.out / "tokenizer.json"))
    verifier, far = Verifier(options.out), []
    with options.check.open() as lines:
        pairs = [json.loads(line) for line in lines][:CHECKED]
    with torch.no_grad():
        for pair in pairs:
            encoding = tokenizer.encode(pair["a"], pair["b"])
            tensors = [torch.tensor([getattr(encoding, name)]) for name in ("ids", "attention_mask", "type_ids")]
            far.append(abs(model(*tensors).item() - verifier.score(pair["a"], pair["b"])))
    full.unlink()
    print(f"int8 against fp32: logit off by {np.mean(far):.3f} in the mean, {np.quantile(far, 0.99):.3f} at p99; {quantized.stat().st_size / 1e6:.1f} MB")


main()
