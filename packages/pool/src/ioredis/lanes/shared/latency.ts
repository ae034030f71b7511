/** How long replies took, from the call to the bytes. */
export class Latency {
  replies = 0;
  maxMs = 0;
  #sumMs = 0;

  get averageMs(): number {
    return this.replies === 0 ? 0 : this.#sumMs / this.replies;
  }

  add(tookMs: number): void {
    this.replies += 1;
    if (tookMs <= 0) return;
    this.#sumMs += tookMs;
    if (tookMs > this.maxMs) this.maxMs = tookMs;
  }
}
