import { compareVersions } from "./resource-version.ts";

/**
 * How current a set is proved to be. Asking the server where it stands proves nothing by itself, nor does a watch that is quiet; but
 * once the watch has reached where the server stood when it was asked, nothing until then is missing.
 */
export class Freshness {
  #position: string | undefined;
  #asked: { readonly version: string; readonly at: number } | undefined;
  #provedAt: number | undefined;

  /** The resource version up to which everything has been seen. */
  get position(): string | undefined {
    return this.#position;
  }

  /** When the set was last current for sure. */
  get provedAt(): number | undefined {
    return this.#provedAt;
  }

  /** Whether the server was seen to stand where the watch has not been yet. */
  get isWaiting(): boolean {
    return this.#asked !== undefined;
  }

  /** A whole set as of this version was read, asked for at this time. */
  read(version: string, at: number): void {
    this.#position = version;
    this.#asked = undefined;
    this.#provedAt = at;
  }

  /** The watch has reached this version. Whether that proves something. */
  reached(version: string): boolean {
    this.#position = version;
    if (this.#asked === undefined || !isReached(version, this.#asked.version)) return false;
    this.#provedAt = this.#asked.at;
    this.#asked = undefined;
    return true;
  }

  /**
   * The server stands at this version, said when it was asked at that time and from that position: the set is `current`, or may be
   * proved to have been `later`; or the server is `behind` the set, so it went back in time, and a watch would be silent for ever.
   */
  answered(
    version: string,
    { at, from }: { readonly at: number; readonly from: string },
  ): "current" | "later" | "behind" {
    if ((compareVersions(version, from) ?? 0) < 0) return "behind";
    this.#asked = { version, at };
    return this.reached(this.#position ?? from) ? "current" : "later";
  }
}

function isReached(position: string, version: string): boolean {
  const order = compareVersions(position, version);
  return order !== undefined && order >= 0;
}
