// The part of @xenova/transformers 2.17 that is used here. Its types describe the main export only, which reads images and so needs sharp.
declare module "@xenova/transformers/src/tokenizers.js" {
  export interface Encoding {
    input_ids: number[];
    attention_mask: number[];
    token_type_ids: number[];
  }

  export interface BertTokenizer {
    (text: string, options: { text_pair?: string; return_tensor: false }): Encoding;
  }

  export const BertTokenizer: new (tokenizer: unknown, config: unknown) => BertTokenizer;
}
