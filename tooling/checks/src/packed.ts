import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { published, root } from "./checkout.ts";

// Packs every public package as it would be published, installs it alone into an empty project with npm and imports each export.

interface Manifest {
  readonly name: string;
  readonly exports: Readonly<Record<string, unknown>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
}

const folder = mkdtempSync(join(tmpdir(), "fleet-packed-"));
try {
  const tarballs = new Map<string, string>();
  const manifests = new Map<string, Manifest>();
  for (const name of published) {
    execFileSync("npx", ["-y", "pnpm@12.18.0", "pack", "--pack-destination", join(folder, name)], {
      cwd: join(root, "packages", name),
      stdio: "pipe",
    });
    const tarball = join(folder, name, readdirSync(join(folder, name))[0]!);
    tarballs.set(`@fleet/${name}`, `file:${tarball}`);
    // The manifest as it is published: pnpm has put ranges in the place of `catalog:` and `workspace:`.
    const packed = execFileSync("tar", ["-xOf", tarball, "package/package.json"], { encoding: "utf8" });
    manifests.set(name, JSON.parse(packed) as Manifest);
  }
  for (const name of published) {
    const manifest = manifests.get(name)!;
    const project = mkdtempSync(join(folder, "project-"));
    // None of ours is published yet: what a package needs of the others, and they of others, comes from here too.
    const neighbours = [...tarballs].filter(([neighbour]) => neighbour !== manifest.name);
    writeFileSync(
      join(project, "package.json"),
      JSON.stringify({
        private: true,
        type: "module",
        dependencies: { [manifest.name]: tarballs.get(manifest.name), ...manifest.peerDependencies },
        overrides: Object.fromEntries(neighbours),
      }),
    );
    execFileSync("npm", ["install", "--no-audit", "--no-fund", "--loglevel=error"], {
      cwd: project,
      stdio: "pipe",
    });
    for (const entry of Object.keys(manifest.exports)) {
      if (entry === "./package.json") continue;
      const specifier = manifest.name + entry.slice(1);
      const script = `const names = Object.keys(await import(${JSON.stringify(specifier)})); if (names.length === 0) throw new Error("exports nothing"); console.log(names.length);`;
      const names = execFileSync(process.execPath, ["--input-type=module", "--eval", script], {
        cwd: project,
        encoding: "utf8",
      });
      console.log(`${specifier}: ${names.trim()} names`);
    }
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
