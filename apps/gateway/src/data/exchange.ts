import type { IncomingMessage, ServerResponse } from "node:http";

import type { Denials } from "../access/denials.ts";
import type { Token } from "../access/tokens.ts";
import { MalformedError } from "../errors.ts";
import type { Place } from "../http/parse-url.ts";
import type { Form } from "../http/resp2.ts";
import type { ContentType, Responder } from "../http/responder.ts";

export interface ExchangeParts {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly url: string;
  readonly place: Place;
  readonly token: Token;
  readonly responder: Responder;
  readonly denials: Denials;
}

/** One authenticated request on its way to its answer. */
export class Exchange {
  readonly request: IncomingMessage;
  readonly url: string;
  readonly place: Place;
  readonly token: Token;
  /** How the client wants replies. */
  readonly form: Form;
  readonly response: ServerResponse;
  readonly #responder: Responder;
  readonly #type: ContentType;
  readonly #denials: Denials;
  /** 0 unless the log has a line for each request: nothing is measured in vain. */
  readonly #startedAt: number;

  /** @throws MalformedError when a header asks for a form of answer that there is not. */
  constructor({ request, response, url, place, token, responder, denials }: ExchangeParts) {
    this.request = request;
    this.url = url;
    this.place = place;
    this.token = token;
    this.form = formOf(request, place);
    this.#type = this.form === "resp2" ? "application/octet-stream" : "application/json";
    this.response = response;
    this.#responder = responder;
    this.#denials = denials;
    const { level } = responder.log;
    this.#startedAt = level === "debug" || level === "trace" ? performance.now() : 0;
  }

  /** Does the work; what it throws becomes the answer. */
  guard(work: () => void): void {
    try {
      work();
    } catch (error) {
      this.fail(error);
    }
  }

  /** Goes on when the promise has its value; what it or the work throws becomes the answer. */
  later<T>(value: Promise<T>, work: (value: T) => void): void {
    value.then(work).catch(this.fail);
  }

  /** 200, with a body that is in the form of the client already. */
  send(body: string | Buffer): void {
    this.#responder.send(this.response, body, this.#type);
    if (this.#startedAt !== 0) this.#line(200);
  }

  /** 200, with a body that is made in pieces while the client reads. */
  stream(pieces: AsyncIterable<string | Buffer> | Iterable<string | Buffer>): void {
    this.#responder.stream(this.response, pieces, this.#type).then(() => {
      if (this.#startedAt !== 0) this.#line(200);
    }, this.fail);
  }

  /** The error's status and text. */
  readonly fail = (error: unknown): void => {
    this.noteDenial(error);
    const { status, code } = this.#responder.refuse(this.response, error, this.#type);
    if (this.#startedAt !== 0) this.#line(status, code);
  };

  /** Counts an error if it is a denial: of the request, or of one slot of it. */
  noteDenial(error: unknown): void {
    this.#denials.note(error, this.token.name, this.request.socket.remoteAddress);
  }

  /** What a log may know of a request: not the URL, which carries arguments and perhaps a token. */
  #line(status: number, code?: string): void {
    const ms = Math.round((performance.now() - this.#startedAt) * 1000) / 1000;
    const { method } = this.request;
    this.#responder.log.debug(
      { method, route: this.place.form, token: this.token.name, status, code, ms },
      "request",
    );
  }
}

function formOf({ headers }: IncomingMessage, { form }: Place): Form {
  const encoding = headers["upstash-encoding"];
  if (encoding !== undefined && encoding !== "base64")
    throw new MalformedError("ERR the encoding is not available here; expected base64");
  const format = headers["upstash-response-format"];
  if (format === "resp2") {
    if (encoding !== undefined)
      throw new MalformedError(
        "ERR the response format resp2 is bytes already; expected no encoding with it",
      );
    if (form === "multi-exec")
      throw new MalformedError(
        "ERR the response format resp2 is not available for a transaction; expected json",
      );
    return "resp2";
  }
  if (format !== undefined && format !== "json")
    throw new MalformedError("ERR the response format is not available here; expected json or resp2");
  return encoding ?? "text";
}
