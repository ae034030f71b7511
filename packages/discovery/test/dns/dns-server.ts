import { createSocket } from "node:dgram";
import { Resolver } from "node:dns/promises";
import { isIPv4 } from "node:net";

/** What a name server says to a question. Of records, the time to live is in seconds. */
export type DnsAnswer =
  | { readonly ttl?: number; readonly addresses: readonly string[] }
  | { readonly ttl?: number; readonly targets: readonly DnsTarget[] }
  | "NXDOMAIN"
  | "NODATA"
  | "SERVFAIL"
  | "REFUSED"
  | "garbage"
  | "silence";

export interface DnsTarget {
  readonly name: string;
  readonly port: number;
  readonly priority?: number;
  readonly weight?: number;
}

/** A name server for UDP on 127.0.0.1 that says what a test wants. */
export interface DnsServer extends AsyncDisposable {
  /** By question, as in `A orders.example`; what is not there is NXDOMAIN. */
  readonly zone: Map<string, DnsAnswer>;
  /** The questions so far. */
  readonly asked: readonly string[];
  /** Stops answering: the port is closed until `open`. */
  close(): Promise<void>;
  open(): Promise<void>;
  /** One that asks this server, once and for a third of a second. */
  resolver(): Resolver;
}

const types = new Map([
  [1, "A"],
  [28, "AAAA"],
  [33, "SRV"],
]);
const codes = { SERVFAIL: 2, NXDOMAIN: 3, REFUSED: 5 } as const;

export async function startDnsServer(): Promise<DnsServer> {
  const zone = new Map<string, DnsAnswer>();
  const asked: string[] = [];
  let port = 0;
  let socket = createSocket("udp4");
  const open = async (): Promise<void> => {
    const bound = createSocket("udp4");
    bound.on("message", (query, { port, address }) => {
      const { name, type, end } = questionOf(query);
      asked.push(`${type} ${name}`);
      const reply = replyTo(query, end, zone.get(`${type} ${name}`) ?? "NXDOMAIN");
      if (reply !== undefined) bound.send(reply, port, address);
    });
    await new Promise<void>((resolve) => void bound.bind(port, "127.0.0.1", resolve));
    socket = bound;
    ({ port } = bound.address());
  };
  const close = (): Promise<void> => new Promise((resolve) => void socket.close(() => resolve()));
  await open();
  return {
    zone,
    asked,
    open,
    close,
    resolver: () => {
      const resolver = new Resolver({ timeout: 300, tries: 1 });
      resolver.setServers([`127.0.0.1:${port}`]);
      return resolver;
    },
    [Symbol.asyncDispose]: close,
  };
}

function questionOf(query: Buffer): { readonly name: string; readonly type: string; readonly end: number } {
  const labels: string[] = [];
  let at = 12;
  for (let length = query[at]!; length > 0; length = query[at]!) {
    labels.push(query.toString("latin1", at + 1, at + 1 + length));
    at += 1 + length;
  }
  return {
    name: labels.join(".").toLowerCase(),
    type: types.get(query.readUInt16BE(at + 1)) ?? "?",
    end: at + 5,
  };
}

function replyTo(query: Buffer, end: number, answer: DnsAnswer): Buffer | undefined {
  if (answer === "silence") return undefined;
  if (answer === "garbage") return Buffer.concat([query.subarray(0, 2), Buffer.alloc(20, 0xff)]);
  const records = typeof answer === "string" ? [] : recordsOf(answer);
  const code = typeof answer === "string" && answer !== "NODATA" ? codes[answer] : 0;
  const head = Buffer.alloc(12);
  query.copy(head, 0, 0, 2);
  // An authoritative answer, recursion desired and available.
  head.writeUInt16BE(0x8580 | code, 2);
  head.writeUInt16BE(1, 4);
  head.writeUInt16BE(records.length, 6);
  return Buffer.concat([head, query.subarray(12, end), ...records]);
}

function recordsOf(answer: Exclude<DnsAnswer, string>): readonly Buffer[] {
  const { ttl = 5 } = answer;
  if ("addresses" in answer)
    return answer.addresses.map((address) =>
      isIPv4(address)
        ? record(1, ttl, Buffer.from(address.split(".").map(Number)))
        : record(28, ttl, ipv6(address)),
    );
  return answer.targets.map(({ name, port, priority = 0, weight = 0 }) => {
    const fixed = Buffer.alloc(6);
    fixed.writeUInt16BE(priority, 0);
    fixed.writeUInt16BE(weight, 2);
    fixed.writeUInt16BE(port, 4);
    const labels = name === "." ? [] : name.split(".");
    const encoded = labels.map((label) =>
      Buffer.from(`${String.fromCodePoint(label.length)}${label}`, "latin1"),
    );
    return record(33, ttl, Buffer.concat([fixed, ...encoded, Buffer.of(0)]));
  });
}

/** One record about the name in the question. */
function record(type: number, ttl: number, data: Buffer): Buffer {
  const head = Buffer.alloc(12);
  head.writeUInt16BE(0xc00c, 0);
  head.writeUInt16BE(type, 2);
  head.writeUInt16BE(1, 4);
  head.writeUInt32BE(ttl, 6);
  head.writeUInt16BE(data.length, 10);
  return Buffer.concat([head, data]);
}

/** Of an address that is written with one `::`. */
function ipv6(address: string): Buffer {
  const [left = [], right = []] = address
    .split("::")
    .map((half) => half.split(":").filter((group) => group !== ""));
  const groups = [...left, ...Array<string>(8 - left.length - right.length).fill("0"), ...right];
  return Buffer.from(groups.map((group) => group.padStart(4, "0")).join(""), "hex");
}
