/** The API server refused. */
export class StatusError extends Error {
  override readonly name = "StatusError";
  /** Of HTTP. */
  readonly status: number;
  /** The machine's word, as in `NotFound`. */
  readonly reason: string;

  constructor(what: string, status: number, body: string) {
    const said = parse(body);
    super(`${what}: ${status} ${said.message ?? body.slice(0, 300)}`);
    this.status = status;
    this.reason = said.reason ?? "";
  }
}

function parse(body: string): { readonly message?: string; readonly reason?: string } {
  try {
    return JSON.parse(body) as { readonly message?: string; readonly reason?: string };
  } catch {
    return {};
  }
}
