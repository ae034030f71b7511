import { LimitedError, PermanentError } from "@fleet/backfill";

import type { Config } from "../config/config-schema.ts";
import { HubError } from "../errors.ts";
import { retryAfterMs } from "./retry-after.ts";

/** The pause after a 429 without Retry-After, in milliseconds. */
const usualPauseMs = 1000;

/** The id is there and can never be had: asking again is of no use. */
const hopeless = new Set([400, 413, 414, 422, 451]);
/** It is not the id: the hub refuses every request with this URL or these credentials. */
const refused = new Set([401, 403, 405, 407]);
/** What a proxy answers for a hub that is away, overloaded or too slow; the last four are Cloudflare's. */
const away = new Set([408, 502, 503, 504, 521, 522, 523, 524]);

/** What the hub has of an id. */
export interface HubAnswer {
  /** Undefined where there is nothing. */
  readonly value: unknown;
  /** There is nothing: the answer was 404 or 410. */
  readonly isMissing: boolean;
  /** There is nothing, and the answer was a page of HTML: for an unknown id, or for a path that is wrong. */
  readonly isMissingPage: boolean;
}

/** Asks the hub for an id. @throws HubError, LimitedError, PermanentError. */
export type AskHub = (id: string, options: { readonly signal: AbortSignal }) => Promise<HubAnswer>;

/**
 * Asks over HTTP; connections stay open between requests. A body of JSON is the value; 404 and 410 with any body, 204 and
 * `null` mean that there is nothing.
 */
export function openHub(config: Config & { readonly hubUrl: string }, version: string): AskHub {
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
    if (status === 404 || status === 410) {
      // Read, so that the connection can be used again.
      const text = await readText(response, hubMaxBytes).catch((error: unknown) => {
        if ((error as HubError).code === "FLEET_WORKER_HUB_TOO_LARGE") return "";
        throw error;
      });
      return { value: undefined, isMissing: true, isMissingPage: isPage(text, response) };
    }
    if (!response.ok) {
      await response.body?.cancel();
      throw faultOf(status);
    }
    const text = await readText(response, hubMaxBytes);
    const value = text.trim() === "" ? null : json(text, response);
    return { value: value === null ? undefined : value, isMissing: false, isMissingPage: false };
  };
}

const isPage = (text: string, { headers }: Response): boolean =>
  /\bhtml\b/i.test(headers.get("content-type") ?? "") || /^\s*<(?:!doctype|html)\b/i.test(text);

async function ask(url: string, options: RequestInit): Promise<Response> {
  try {
    return await fetch(url, options);
  } catch (error) {
    if ((error as { readonly cause?: Partial<Error> }).cause?.message === "bad port")
      throw new HubError(
        "FLEET_WORKER_HUB_PORT",
        `the hub cannot be asked: its port ${new URL(url).port} is one that fetch calls nowhere (the Fetch standard's blocked ports)`,
        { isAway: true, cause: error },
      );
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
