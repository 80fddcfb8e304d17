/** Pieces that are joined at a time. */
const joinedAtOnce = 1_024;

/**
 * A text that comes in many small pieces. `+=` would keep each of them, with a node that ties it to what was before: some 60 bytes for a
 * token of six, for as long as the text is not read.
 */
export class GrowingText {
  #whole = "";
  #pieces: string[] = [];

  add(piece: string): void {
    this.#pieces.push(piece);
    if (this.#pieces.length >= joinedAtOnce) this.#join();
  }

  toString(): string {
    this.#join();
    return this.#whole;
  }

  #join(): void {
    this.#whole += this.#pieces.join("");
    this.#pieces = [];
  }
}
