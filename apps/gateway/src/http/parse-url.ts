/** What a URL asks for. `sources` of the arguments stay in the URL until the form is known to need them. */
export interface Place {
  readonly form: "command" | "pipeline" | "multi-exec";
  /** The instance or group in `/redis/<name>/...`; undefined at the root: the token's default target. */
  readonly target: string | undefined;
  /** Where the segments after the target begin, and where the path ends. */
  readonly from: number;
  readonly end: number;
}

const mount = "redis/";

/**
 * Splits a raw request URL. The router of the framework is not asked: it decodes and refuses `%zz`, while here a path carries
 * arguments, of which the protocol says that they are taken as they are when they cannot be decoded.
 *
 * @returns undefined when the URL is no path and no absolute form of one (`*`).
 */
export function parsePlace(url: string): Place | undefined {
  const start = url.charCodeAt(0) === 47 ? 0 : originLength(url);
  if (start === undefined) return undefined;
  const question = url.indexOf("?", start);
  const end = question === -1 ? url.length : question;
  let from = Math.min(start + 1, end);
  let target: string | undefined;
  if (url.startsWith(mount, from) && end >= from + mount.length) {
    const first = from + mount.length;
    const slash = url.indexOf("/", first);
    const stop = slash === -1 || slash > end ? end : slash;
    target = decodeSegment(url.slice(first, stop));
    from = Math.min(stop + 1, end);
  }
  if (url.charCodeAt(from) === 47) from = skipSlashes(url, from, end);
  const form = isWord(url, "pipeline", from, end)
    ? "pipeline"
    : isWord(url, "multi-exec", from, end)
      ? "multi-exec"
      : "command";
  return { form, target, from, end };
}

/** Where the path begins in the form that proxies use, `http://host/path`, which every server has to understand. */
function originLength(url: string): number | undefined {
  return /^https?:\/\/[^/?#]+/i.exec(url)?.[0].length;
}

/** A client whose URL ends with a slash asks for `//pipeline`. */
function skipSlashes(url: string, from: number, end: number): number {
  let at = from;
  while (at < end && url.charCodeAt(at) === 47) at += 1;
  const isBatch = at > from && (isWord(url, "pipeline", at, end) || isWord(url, "multi-exec", at, end));
  return isBatch ? at : from;
}

function isWord(url: string, word: string, from: number, end: number): boolean {
  return end - from === word.length && url.startsWith(word, from);
}

/** The path's segments as command and arguments: split first, then decoded, so `%2F` stays inside its argument. */
export function pathArguments(url: string, { from, end }: Place): string[] {
  const found: string[] = [];
  if (from >= end) return found;
  let start = from;
  for (;;) {
    const slash = url.indexOf("/", start);
    const stop = slash === -1 || slash > end ? end : slash;
    found.push(decodeSegment(url.slice(start, stop)));
    if (stop === end) return found;
    start = stop + 1;
  }
}

/** The query as further arguments, in order: `?EX=100&NX` is `EX 100 NX`. `_token` is never one. */
export function queryArguments(url: string, { end }: Place): string[] {
  const found: string[] = [];
  for (const [name, value] of queryPairs(url, end)) {
    if (name === "_token") continue;
    found.push(name);
    if (value !== undefined) found.push(value);
  }
  return found;
}

/**
 * The token of a URL.
 *
 * @returns undefined when there is none, `null` when there is more than one.
 */
export function queryToken(url: string): string | null | undefined {
  const question = url.indexOf("?");
  if (question === -1 || !url.includes("_token", question)) return undefined;
  const tokens = [...queryPairs(url, question)].filter(([name]) => name === "_token");
  return tokens.length > 1 ? null : tokens[0]?.[1];
}

function* queryPairs(url: string, end: number): Generator<readonly [string, string | undefined]> {
  for (const part of url.slice(end + 1).split("&")) {
    if (part === "") continue;
    const equals = part.indexOf("=");
    if (equals === -1) yield [decodeQuery(part), undefined];
    else yield [decodeQuery(part.slice(0, equals)), decodeQuery(part.slice(equals + 1))];
  }
}

/** A `+` is a blank in a query (it is a form), and itself in a path. */
const decodeQuery = (text: string): string =>
  decodeSegment(text.includes("+") ? text.replaceAll("+", " ") : text);

/** Percent-decoding that never fails: what cannot be decoded is taken as it stands. */
export function decodeSegment(segment: string): string {
  if (!segment.includes("%")) return segment;
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}
