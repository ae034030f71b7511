/** Pieces below this are copied together: each piece that is kept as it is costs an object. */
const smallBytes = 4096;
const blockBytes = 16_384;

/** The bytes of one reply, as far as they came in chunks before the last one. */
export class KeptBytes {
  size = 0;
  #pieces: Buffer[] = [];
  /** What is copied into, and how much of it is used; all full pieces before it are in the list. */
  #block: Buffer | undefined;
  #used = 0;

  add(chunk: Buffer, start: number, end: number): void {
    let from = start;
    this.size += end - start;
    if (this.#block !== undefined) {
      const count = Math.min(end - from, this.#block.length - this.#used);
      chunk.copy(this.#block, this.#used, from, from + count);
      this.#used += count;
      from += count;
    }
    if (from === end) return;
    this.#closeBlock();
    if (end - from >= smallBytes) {
      this.#pieces.push(chunk.subarray(from, end));
      return;
    }
    this.#open(blockBytes);
    this.#used = chunk.copy(this.#block!, 0, from, end);
  }

  /** So many bytes follow for certain: they, and what little is there, get one allocation. */
  reserve(count: number): void {
    if (this.#block !== undefined && this.#block.length - this.#used >= count) return;
    if (this.size > blockBytes) {
      this.#closeBlock();
      this.#open(count);
      return;
    }
    const before = this.#joined();
    this.#pieces = [];
    this.#open(before.length + count);
    this.#used = before.copy(this.#block!);
  }

  /** All of it, with the last piece; empty afterwards. */
  take(chunk: Buffer, start: number, end: number): Buffer {
    this.add(chunk, start, end);
    const all = this.#joined();
    this.clear();
    return all;
  }

  clear(): void {
    this.size = 0;
    this.#pieces = [];
    this.#block = undefined;
    this.#used = 0;
  }

  #joined(): Buffer {
    this.#closeBlock();
    return this.#pieces.length === 1 ? this.#pieces[0]! : Buffer.concat(this.#pieces, this.size);
  }

  #open(count: number): void {
    this.#block = Buffer.allocUnsafeSlow(count);
    this.#used = 0;
  }

  #closeBlock(): void {
    if (this.#block !== undefined) this.#pieces.push(this.#block.subarray(0, this.#used));
    this.#block = undefined;
    this.#used = 0;
  }
}
