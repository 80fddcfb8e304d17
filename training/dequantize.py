"""Turns an int8 verifier back into weights that training can go on from.

    python dequantize.py --base DIR --onnx model_quantized.onnx --out model.pt

The word embeddings are the base's: training never changes them.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import onnx
import torch
from onnx import numpy_helper

from model import PairVerifier


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    for name in ("base", "onnx", "out"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    options = parser.parse_args()
    graph = onnx.load(str(options.onnx)).graph
    arrays = {each.name: numpy_helper.to_array(each) for each in graph.initializer}

    def real(name: str) -> np.ndarray:
        values = arrays[f"{name}_quantized"].astype(np.float32) - arrays[f"{name}_zero_point"].astype(np.float32)
        return values * arrays[f"{name}_scale"]

    model = PairVerifier(options.base)
    state = model.state_dict()
    found = {f"bert.{name[2:]}": array for name, array in arrays.items() if name.startswith("m.") and f"bert.{name[2:]}" in state}
    for name in ("token_type_embeddings", "position_embeddings"):
        found[f"bert.embeddings.{name}.weight"] = real(f"m.embeddings.{name}.weight")
    for node in graph.node:
        if node.op_type == "MatMulInteger" and node.name.startswith("/m/"):
            layer = node.name.removeprefix("/m/").rsplit("/", 1)[0].replace("/", ".")
            found[f"bert.{layer}.weight"] = real(node.input[1].removesuffix("_quantized")).T
    found["head.weight"] = real("h.weight_Transposed").T
    found["head.bias"] = arrays["h.bias"]
    missing = set(state) - set(found) - {"bert.embeddings.word_embeddings.weight"}
    missing = {name for name in missing if not name.endswith("position_ids")}
    if missing:
        raise SystemExit(f"not found: {sorted(missing)}")
    for name, array in found.items():
        state[name] = torch.from_numpy(np.ascontiguousarray(array)).reshape(state[name].shape)
    model.load_state_dict(state)
    torch.save(model.state_dict(), options.out)


main()
