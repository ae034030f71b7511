/** A value as a server answers it: text or bytes as a string, a number or a bigint as an integer, an Error as an error. */
export type Value = string | Buffer | number | bigint | null | Error | readonly Value[];

/** Its bytes in RESP2. */
export function wireOf(value: Value): Buffer {
  if (value === null) return Buffer.from("$-1\r\n");
  if (typeof value === "number" || typeof value === "bigint") return Buffer.from(`:${value}\r\n`);
  if (value instanceof Error) return Buffer.from(`-${value.message}\r\n`);
  if (typeof value === "string" || Buffer.isBuffer(value)) {
    const bytes = Buffer.from(value as string);
    return Buffer.concat([Buffer.from(`$${bytes.length}\r\n`), bytes, Buffer.from("\r\n")]);
  }
  return Buffer.concat([Buffer.from(`*${value.length}\r\n`), ...value.map(wireOf)]);
}
