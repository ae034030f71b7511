import { execFile } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer as createHttpServer } from "node:http";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

import { service, startApiServerDouble } from "@fleet/testkit/kubernetes";
import { expect, test } from "vitest";

/** A proxy that counts what goes through it. */
interface Proxy extends AsyncDisposable {
  readonly url: string;
  readonly tunnels: number;
}

async function listening(scheme: string, server: Server, sockets: ReadonlySet<Socket>): Promise<Proxy> {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `${scheme}://127.0.0.1:${(server.address() as AddressInfo).port}`,
    get tunnels() {
      return sockets.size;
    },
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function joined(one: Socket, other: Socket, sockets: Set<Socket>): void {
  sockets.add(one);
  one.pipe(other).pipe(one);
  for (const [socket, peer] of [
    [one, other],
    [other, one],
  ] as const)
    socket.on("error", () => undefined).on("close", () => void peer.destroy());
}

const proxies = {
  http: async () => {
    const sockets = new Set<Socket>();
    const server = createHttpServer();
    server.on("connect", ({ url }, client: Socket) => {
      const { hostname, port } = new URL(`tcp://${url}`);
      const there = connect(Number(port), hostname, () => {
        client.write("HTTP/1.1 200 OK\r\n\r\n");
        joined(client, there, sockets);
      });
    });
    return listening("http", server, sockets);
  },
  socks5: async () => {
    const sockets = new Set<Socket>();
    const server = createServer((client) => {
      client.once("data", () => {
        // No login, then the one request: the port stands in its last two bytes, and every address is this machine.
        client.write(Uint8Array.of(5, 0));
        client.once("data", (request: Buffer) => {
          const there = connect(request.readUInt16BE(request.length - 2), "127.0.0.1", () => {
            client.write(Uint8Array.of(5, 0, 0, 1, 127, 0, 0, 1, 0, 0));
            joined(client, there, sockets);
          });
        });
      });
    });
    return listening("socks5", server, sockets);
  },
};

test.for(["http", "socks5"] as const)(
  "an open watch through a proxy keeps no process alive, as a direct one does not: %s",
  async (kind) => {
    await using double = await startApiServerDouble();
    await double.apply(service("a", { namespace: "shop" }));
    await using proxy = await proxies[kind]();
    const folder = await mkdtemp(join(tmpdir(), "fleet-proxy-"));
    const said = async (more: string): Promise<string> => {
      const file = join(folder, "kubeconfig.yaml");
      const authority = Buffer.from(double.ca).toString("base64");
      await writeFile(
        file,
        `
apiVersion: v1
kind: Config
current-context: here
clusters: [{ name: c, cluster: { server: "${double.url}", certificate-authority-data: ${authority}${more} } }]
users: [{ name: u, user: { token: ${double.adminToken} } }]
contexts: [{ name: here, context: { cluster: c, user: u, namespace: shop } }]
`,
      );
      const script = `
        import { ApiServer, Reflector } from "@fleet/discovery/kubernetes";
        const api = new ApiServer({ kubeconfig: ${JSON.stringify(file)} });
        const watching = Promise.withResolvers();
        const reflector = new Reflector({
          api,
          resource: { group: "", version: "v1", plural: "services" },
          namespace: "shop",
          project: ({ metadata }) => metadata.name,
          handler: { applied: () => {}, deleted: () => {}, watching: () => watching.resolve() },
        });
        const timer = setInterval(() => {}, 1000);
        await reflector.start();
        await watching.promise;
        clearInterval(timer);
        console.log(reflector.items.size, reflector.stats.state);
        // Keeps nothing alive itself: it ends a process that something else does keep.
        setTimeout(() => { console.log("kept alive"); process.exit(); }, 5000).unref();`;
      const args = ["--conditions=@fleet/source", "--no-warnings", "--input-type=module", "--eval", script];
      const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: import.meta.dirname });
      return stdout;
    };
    try {
      expect(await said("")).toBe("1 watching\n");
      expect(proxy.tunnels).toBe(0);
      expect(await said(`, proxy-url: "${proxy.url}"`)).toBe("1 watching\n");
      expect(proxy.tunnels).toBeGreaterThan(0);
    } finally {
      await rm(folder, { recursive: true });
    }
  },
);
