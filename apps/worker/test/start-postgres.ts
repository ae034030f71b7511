import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readdirSync } from "node:fs";
import { chown, copyFile, mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { promisify } from "node:util";

import { eventually } from "@fleet/testkit";
import { Client } from "pg";

/** A real Postgres of a test's own. */
export interface PostgresServer extends AsyncDisposable {
  readonly host: string;
  readonly port: number;
  readonly url: string;
  query<Row>(text: string, values?: unknown[]): Promise<readonly Row[]>;
  /** Without a farewell, as a crash. */
  kill(): Promise<void>;
  restart(): Promise<void>;
}

/** Postgres refuses to run as root; nobody is somebody on every system. */
const nobody = 65_534;
const isRoot = process.getuid?.() === 0;
/** Where the system can, it ends with this process, however that ends. */
const guard = existsSync("/usr/bin/setpriv") ? ["/usr/bin/setpriv", "--pdeathsig", "QUIT"] : [];
const user = isRoot ? { uid: nobody, gid: nobody } : {};

/** Where the programs of a Postgres are: on PATH, or where Debian keeps them. */
function folderOf(): string | undefined {
  const debian = "/usr/lib/postgresql";
  const versions = existsSync(debian) ? readdirSync(debian).toSorted().toReversed() : [];
  return [
    ...(process.env["PATH"] ?? "").split(delimiter),
    ...versions.map((version) => join(debian, version, "bin")),
  ].find((folder) => existsSync(join(folder, "initdb")) && existsSync(join(folder, "postgres")));
}

/** Undefined when there is a Postgres to start, else why not, as a reason to skip. */
export function postgresAvailable(): string | undefined {
  if (process.platform === "win32") return "no Postgres is started on Windows";
  return folderOf() === undefined
    ? "there is no Postgres (initdb, postgres) on PATH or in /usr/lib/postgresql"
    : undefined;
}

/**
 * Makes a database cluster in a folder of its own and serves it on a free port of 127.0.0.1.
 *
 * @param tls where given, connections without TLS are refused.
 */
export async function startPostgres(
  config: Readonly<Record<string, string | number>> = {},
  tls?: { readonly certFile: string; readonly keyFile: string; readonly ca: string },
): Promise<PostgresServer> {
  const programs = folderOf()!;
  const folder = await mkdtemp(join(tmpdir(), "fleet-postgres-"));
  if (isRoot) await chown(folder, nobody, nobody);
  const data = join(folder, "data");
  const setup = ["-D", data, "-U", "fleet", "--auth=trust", "--no-sync", "-E", "UTF8"];
  await promisify(execFile)(join(programs, "initdb"), setup, { ...user, cwd: folder });
  const port = await freePort();
  const secured = tls === undefined ? {} : await secure(data, tls);
  const settings = {
    port,
    listen_addresses: "127.0.0.1",
    unix_socket_directories: "",
    fsync: "off",
    ...secured,
    ...config,
  };
  const args = [
    "-D",
    data,
    ...Object.entries(settings).flatMap(([name, value]) => ["-c", `${name}=${value}`]),
  ];
  const url = `postgres://fleet@127.0.0.1:${port}/postgres`;

  const start = (): ChildProcess => {
    const command = [...guard, join(programs, "postgres"), ...args];
    return spawn(command[0]!, command.slice(1), { ...user, cwd: folder, stdio: "ignore" });
  };
  let server = start();
  const query = async <Row>(text: string, values: unknown[] = []): Promise<readonly Row[]> => {
    const client = new Client({ connectionString: url, ...(tls !== undefined && { ssl: { ca: tls.ca } }) });
    client.on("error", () => "the query tells of it");
    await client.connect();
    try {
      return (await client.query(text, values)).rows as Row[];
    } finally {
      await client.end();
    }
  };
  const ready = (): Promise<unknown> => eventually(() => query("select 1"), { timeoutMs: 20_000 });
  const kill = async (): Promise<void> => {
    if (server.exitCode !== null || server.signalCode !== null) return;
    const exited = once(server, "exit");
    // At once, as in a crash, but its processes go with it.
    server.kill("SIGQUIT");
    await exited;
  };
  await ready();
  return {
    host: "127.0.0.1",
    port,
    url,
    query,
    kill,
    restart: async () => {
      await kill();
      server = start();
      await ready();
    },
    [Symbol.asyncDispose]: async () => {
      await kill();
      await rm(folder, { recursive: true });
    },
  };
}

/** Its key must be its own user's, and nobody else's to read. */
async function secure(
  data: string,
  { certFile, keyFile }: { readonly certFile: string; readonly keyFile: string },
): Promise<Readonly<Record<string, string>>> {
  const [cert, key] = [join(data, "cert.pem"), join(data, "key.pem")];
  await copyFile(certFile, cert);
  await copyFile(keyFile, key);
  if (isRoot) for (const file of [cert, key]) await chown(file, nobody, nobody);
  await writeFile(join(data, "pg_hba.conf"), "hostssl all all 127.0.0.1/32 trust\n");
  return { ssl: "on", ssl_cert_file: cert, ssl_key_file: key };
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, "127.0.0.1");
  await once(probe, "listening");
  const { port } = probe.address() as AddressInfo;
  probe.close();
  await once(probe, "close");
  return port;
}
