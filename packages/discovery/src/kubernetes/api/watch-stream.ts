import { garbled, statusError } from "./api-answer.ts";
import type { ApiRequestName } from "./api-error.ts";
import type { WatchEvent } from "./watch-event.ts";

/** The longest line that is read: far more than the largest object that etcd takes (1.5 MiB) needs as JSON. */
const maxLineBytes = 8 * 1024 * 1024;

/**
 * The events in the body of a watch: one in each line, wherever its chunks begin and end.
 *
 * @throws ApiError for an ERROR, a line that is none of a watch, one that is too long, and a stream that ends within a line.
 */
export async function* watchEvents(
  body: AsyncIterable<Uint8Array>,
  request: ApiRequestName,
): AsyncGenerator<WatchEvent> {
  for await (const line of lines(body, request)) {
    let event: unknown;
    try {
      event = JSON.parse(line);
    } catch {
      // The parser's message would quote the line.
      throw garbled(request, "a line of the watch is no JSON");
    }
    const { type, object } = (event ?? {}) as Partial<WatchEvent>;
    if (typeof type !== "string" || typeof object !== "object" || object === null)
      throw garbled(request, "a line of the watch is no event");
    if (type === "ERROR") throw statusError(object, request);
    yield { type, object };
  }
}

/** Lines are put together as bytes, since a character may be cut in two as well. Empty ones are left out. */
async function* lines(body: AsyncIterable<Uint8Array>, request: ApiRequestName): AsyncGenerator<string> {
  let begun: Buffer[] = [];
  let length = 0;
  for await (const bytes of body) {
    const chunk = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    let from = 0;
    for (let end = chunk.indexOf(10); end !== -1; end = chunk.indexOf(10, from)) {
      const line = begun.length === 0 ? chunk.toString("utf8", from, end) : joined(begun, chunk, end);
      begun = [];
      length = 0;
      from = end + 1;
      if (line.trim() !== "") yield line;
    }
    if (from === chunk.length) continue;
    begun.push(chunk.subarray(from));
    length += chunk.length - from;
    if (length > maxLineBytes)
      throw garbled(request, `a line of the watch is longer than ${maxLineBytes} bytes`);
  }
  if (length > 0) throw garbled(request, "the watch ended within a line");
}

function joined(begun: readonly Buffer[], chunk: Buffer, end: number): string {
  return Buffer.concat([...begun, chunk.subarray(0, end)]).toString();
}
