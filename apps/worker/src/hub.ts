import { type Fetch, LimitedError, PermanentError } from "@fleet/backfill";

import type { Config } from "./config-schema.ts";
import { HubError } from "./errors.ts";
import { retryAfterMs } from "./retry-after.ts";

/** What is meant by 429 without a word of when to come back. */
const usualPauseMs = 1000;

/** The id is there and can never be had: asking again is of no use. */
const hopeless = new Set([400, 413, 414, 422, 451]);
/** It is not the id: nobody gets anything with this URL or these credentials. */
const refused = new Set([401, 403, 405, 407]);
/** What a proxy says of a hub behind it that is away, overrun or too slow; the last four are Cloudflare's. */
const away = new Set([408, 502, 503, 504, 521, 522, 523, 524]);

/**
 * Gets an id from the hub over HTTP; connections stay open between requests. A body of JSON is the value; 404, 410, 204 and
 * `null` mean that there is nothing.
 */
export function hubFetch(config: Config & { readonly hubUrl: string }, version: string): Fetch<unknown> {
  const { hubUrl, hubToken, hubHeaders, hubMaxBytes } = config;
  const headers = {
    accept: "application/json",
    "user-agent": `fleet-worker/${version}`,
    ...(hubToken !== undefined && { authorization: `Bearer ${hubToken}` }),
    ...hubHeaders,
  };
  return async (id, { signal }) => {
    const response = await ask(
      hubUrl.replaceAll("{id}", () => encodeURIComponent(id)),
      { headers, signal },
    );
    const { status } = response;
    const pauseMs = retryAfterMs(response.headers) ?? (status === 429 ? usualPauseMs : undefined);
    if (status === 429 || (status === 503 && pauseMs !== undefined)) {
      await response.body?.cancel();
      throw new LimitedError(pauseMs!, `the hub answered ${status}: come back after ${pauseMs} ms`);
    }
    const isNothing = status === 404 || status === 410;
    if (!response.ok && !isNothing) {
      await response.body?.cancel();
      throw faultOf(status);
    }
    const text = await readText(response, hubMaxBytes);
    // A wrong path has a page of HTML for everything, and must not count as a hub that knows nothing.
    const value = text.trim() === "" ? null : json(text, response);
    return isNothing || value === null ? undefined : value;
  };
}

async function ask(url: string, options: RequestInit): Promise<Response> {
  try {
    return await fetch(url, options);
  } catch (error) {
    throw unreachable(error);
  }
}

function faultOf(status: number): Error {
  if (hopeless.has(status)) return new PermanentError(`the hub answered ${status}`);
  return new HubError(
    refused.has(status) ? "FLEET_WORKER_HUB_REFUSED" : "FLEET_WORKER_HUB_STATUS",
    `the hub answered ${status}`,
    { isAway: away.has(status) },
  );
}

async function readText(response: Response, maxBytes: number): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  let bytes = 0;
  try {
    for await (const chunk of response.body ?? []) {
      bytes += chunk.byteLength;
      if (bytes > maxBytes) break;
      text += decoder.decode(chunk, { stream: true });
    }
  } catch (error) {
    throw unreachable(error);
  }
  if (bytes > maxBytes)
    throw new HubError("FLEET_WORKER_HUB_TOO_LARGE", `the hub's answer is larger than ${maxBytes} bytes`);
  return text + decoder.decode();
}

function json(text: string, response: Response): unknown {
  try {
    return JSON.parse(text);
  } catch {
    const type = response.headers.get("content-type") ?? "no content type";
    throw new HubError(
      "FLEET_WORKER_HUB_NOT_JSON",
      `the hub answered ${response.status} with something that is not JSON (${type}, ${text.length} characters)`,
    );
  }
}

function unreachable(error: unknown): HubError {
  const { cause, code = (cause as { code?: unknown } | undefined)?.code } = error as {
    code?: unknown;
    cause?: unknown;
  };
  const isUnknown = code === "ENOTFOUND";
  const reason = typeof code === "string" ? code : error instanceof Error ? error.name : "unknown reason";
  return new HubError(
    isUnknown ? "FLEET_WORKER_HUB_UNKNOWN" : "FLEET_WORKER_HUB_UNREACHABLE",
    isUnknown ? "the hub's host name is not known (ENOTFOUND)" : `the hub cannot be reached (${reason})`,
    { isAway: true, cause: error },
  );
}
