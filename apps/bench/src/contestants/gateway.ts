import { createHash } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import type { CommandLine } from "../load/cores.ts";
import type { Address } from "../load/peer.ts";
import { HttpServer } from "./http-server.ts";

const main = fileURLToPath(new URL("../../../gateway/src/main.ts", import.meta.url));

/** Opens the gateway of this bench; it stands in no other place. */
export const token = crypto.randomUUID();

/** Starts the gateway as it comes, in front of one Redis, with one token that leads there. */
export async function startGateway(
  redis: Address,
  folder: string,
  pinned: (command: CommandLine) => CommandLine,
): Promise<HttpServer> {
  const file = join(folder, "gateway.json");
  const digest = createHash("sha256").update(token).digest("hex");
  const config = {
    listen: { port: 0 },
    adminListen: { port: 0 },
    instances: [{ name: "bench", endpoints: [{ host: redis.host, port: redis.port, role: "primary" }] }],
    tokens: [
      { name: "bench", digest, rights: "full", targets: ["bench"], dedicated: true, defaultTarget: "bench" },
    ],
  };
  await writeFile(file, JSON.stringify(config), { mode: 0o600 });
  const command: CommandLine = [process.execPath, "--conditions=@fleet/source", main, "--config", file];
  return HttpServer.start({ command: pinned(command), folder });
}
