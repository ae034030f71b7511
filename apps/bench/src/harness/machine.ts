import { readFileSync } from "node:fs";
import { findPackageJSON } from "node:module";
import { arch, availableParallelism, cpus, loadavg, platform, release, totalmem } from "node:os";

/** What the figures were taken on. No names of hosts or users, no paths. */
export function machineFacts(): Readonly<Record<string, string | number>> {
  return {
    cpuModel: cpus()[0]?.model.trim() ?? "unknown",
    cores: availableParallelism(),
    memoryGiB: Number((totalmem() / 2 ** 30).toFixed(1)),
    os: `${platform()} ${release()} ${arch()}`,
    node: process.versions.node,
    /** Of the minute before the run: what others were doing. */
    loadAverage1m: Number(loadavg()[0]!.toFixed(2)),
  };
}

/** The versions of installed npm packages: label -> package in, label -> version out. */
export function packageVersions(
  packages: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(packages).map(([label, name]) => {
      const manifest = findPackageJSON(name, import.meta.url);
      if (manifest === undefined) throw new Error(`${name} is not installed`);
      return [label, (JSON.parse(readFileSync(manifest, "utf8")) as { readonly version: string }).version];
    }),
  );
}
