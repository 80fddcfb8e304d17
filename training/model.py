"""The pair verifier: a cross-encoder on MiniLM, mean of the last layer, one logit: one answer serves both."""

from __future__ import annotations

from pathlib import Path

import torch
from transformers import BertModel


class PairVerifier(torch.nn.Module):
    def __init__(self, base: Path, attention: str = "sdpa"):
        super().__init__()
        self.bert = BertModel.from_pretrained(base, add_pooling_layer=False, attn_implementation=attention)
        self.head = torch.nn.Linear(self.bert.config.hidden_size, 1)
        # 12 million of 22 million weights: what the words mean is kept, only how they are compared is learned.
        self.bert.embeddings.word_embeddings.weight.requires_grad_(False)

    def forward(self, input_ids: torch.Tensor, attention_mask: torch.Tensor, token_type_ids: torch.Tensor) -> torch.Tensor:
        hidden = self.bert(input_ids=input_ids, attention_mask=attention_mask, token_type_ids=token_type_ids).last_hidden_state
        mask = attention_mask.unsqueeze(-1).to(hidden.dtype)
        mean = (hidden * mask).sum(dim=1) / mask.sum(dim=1)
        return self.head(mean)
