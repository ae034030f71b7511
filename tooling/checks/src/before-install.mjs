import { existsSync } from "node:fs";

// pnpm runs this on the machine's own Node before it downloads anything: the Node that all scripts run on comes from npm, and is built for glibc.
const loaders = { x64: "/lib64/ld-linux-x86-64.so.2", arm64: "/lib/ld-linux-aarch64.so.1" };

if (process.platform === "linux") {
  process.report.excludeNetwork = true;
  const isGlibc = process.report.getReport().header.glibcVersionRuntime !== undefined;
  const loader = loaders[process.arch];
  if (!isGlibc || (loader !== undefined && !existsSync(loader))) {
    console.error(`Fleet's scripts run on Node 24 from npm, which needs glibc. ${isGlibc ? `${loader} is not there` : "This Linux has musl, as Alpine does"}.
Nothing was downloaded. In a container take node:24 in place of node:24-alpine; on NixOS programs.nix-ld.enable = true helps.`);
    process.exit(1);
  }
}
