/** A hub that asks for more has made a mistake; asking once an hour harms nothing. In milliseconds. */
const longestMs = 3_600_000;

/**
 * The pause in `Retry-After`, in milliseconds: seconds, or a date, which is compared with the answer's own `Date`, since the
 * clocks of two machines differ (RFC 9110, 10.2.3).
 */
export function retryAfterMs(headers: Headers): number | undefined {
  const value = headers.get("retry-after")?.trim();
  if (value === undefined) return undefined;
  if (/^\d+$/.test(value)) return Math.min(longestMs, Number(value) * 1000);
  const at = /^[A-Za-z]/.test(value) ? Date.parse(value) : Number.NaN;
  const now = Date.parse(headers.get("date") ?? "");
  if (Number.isNaN(at)) return undefined;
  return Math.min(longestMs, Math.max(0, at - (Number.isNaN(now) ? Date.now() : now)));
}
