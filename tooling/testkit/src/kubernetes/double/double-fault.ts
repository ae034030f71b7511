/** What a request is, in the words of RBAC. */
export type Verb = "get" | "list" | "watch" | "create";

/** What the double does with a request in place of the right thing. */
export type DoubleFault =
  /** Refuses. */
  | {
      readonly kind: "status";
      readonly status: number;
      readonly reason?: string;
      readonly message?: string;
      /** Of the header Retry-After. @default none */
      readonly retryAfterSeconds?: number;
      readonly details?: unknown;
    }
  /** Of a watch: accepts it, says ERROR in its stream, and ends it unless `stays`. */
  | {
      readonly kind: "event";
      readonly status: number;
      readonly reason?: string;
      readonly message?: string;
      readonly stays?: boolean;
    }
  /** Of a watch: accepts it and is silent. */
  | { readonly kind: "silent" }
  /** Never answers. */
  | { readonly kind: "hang" }
  /** Ends the connection (HTTP/2: the stream) without an answer. */
  | { readonly kind: "reset" }
  /** Sends so many bytes of the right body, then ends the connection (HTTP/2: the stream); with `clean` as if that were all. */
  | { readonly kind: "cut"; readonly bytes: number; readonly clean?: boolean }
  /** Answers 200 with this text. */
  | { readonly kind: "garbage"; readonly body: string }
  /** Sends the right body one byte at a time. */
  | { readonly kind: "slow"; readonly byteMs: number };
