import { CommandNotAllowedError } from "@fleet/isolation";
import { describe, expect, test } from "vitest";

import { Denials } from "../../src/access/denials.ts";
import type { DenialLine } from "../../src/access/denials.ts";
import { MalformedError, NotPermittedError, UnauthorizedError } from "../../src/errors.ts";

describe("denials", () => {
  test("are counted by reason and token; other errors are not", () => {
    const denials = new Denials(() => {});
    denials.note(new UnauthorizedError(), undefined, "10.0.0.1");
    denials.note(NotPermittedError.port(), "web", "10.0.0.1");
    denials.note(NotPermittedError.target(), "web", "10.0.0.1");
    denials.note(NotPermittedError.command("set"), "web", "10.0.0.1");
    denials.note(NotPermittedError.command("del"), "web", "10.0.0.1");
    denials.note(new CommandNotAllowedError("KEYS", "keyspace"), "shop", "10.0.0.1");
    denials.note(new MalformedError("ERR"), "web", "10.0.0.1");
    expect(denials.rows).toEqual([
      { reason: "unauthorized", token: "", count: 1 },
      { reason: "port", token: "web", count: 1 },
      { reason: "target", token: "web", count: 1 },
      { reason: "rights", token: "web", count: 2 },
      { reason: "command", token: "shop", count: 1 },
    ]);
  });

  test("are logged at once, then once a minute with what came in between", () => {
    let now = 0;
    const lines: DenialLine[] = [];
    const denials = new Denials(
      (line) => lines.push(line),
      () => now,
    );
    const deny = (token?: string): void => denials.note(new UnauthorizedError(), token, "10.0.0.1");
    deny();
    for (let call = 0; call < 1000; call += 1) deny();
    deny("other");
    now = 59_999;
    deny();
    now = 60_000;
    deny();
    const line = { reason: "unauthorized", token: undefined, address: "10.0.0.1", count: 1 };
    expect(lines).toEqual([line, { ...line, token: "other" }, { ...line, token: undefined, count: 1002 }]);
  });
});
