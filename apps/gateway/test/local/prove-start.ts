import { eventually, launchScript } from "@fleet/testkit";

import { addressesOn, askFor } from "../asked-for.ts";

// `pnpm start` as README.md has it: it answers for ten seconds, SIGINT ends it with 0, and nothing is left. Exits with 1 if not.
await using script = launchScript(["start"]);
const addresses = await addressesOn(script);
await askFor(10_000, addresses);
process.kill(script.find("pnpm")[0]!.pid, "SIGINT");
const { code, signal } = await script.ended;
await eventually(() => {
  if (script.left().length > 0) throw new Error(`left: ${script.left().join(", ")}`);
});
for (const url of [addresses["url"]!, addresses["admin"]!])
  await fetch(url).then(
    () => Promise.reject(new Error(`${url} still answers`)),
    () => undefined,
  );
console.log(`answered for 10 s, ended with ${code ?? signal}, left nothing`);
process.exitCode = code ?? 1;
