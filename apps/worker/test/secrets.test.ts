import { withoutSecrets } from "@fleet/settings";
import * as fc from "fast-check";
import { expect, test } from "vitest";

test.for([
  ["redis://127.0.0.1:6379", "redis://127.0.0.1:6379"],
  ["rediss://:secret@h:1/2", "rediss://:***@h:1/2"],
  ["postgres://user:se:cr@et@h/db?sslmode=require", "postgres://user:***@h/db?sslmode=***"],
  ["http://h/v1/{id}?fid={id}&key=secret#x", "http://h/v1/{id}?fid={id}&key=***#x"],
  ["pglite:fleet-data", "pglite:fleet-data"],
])("%s is shown as %s", ([url, shown]) => {
  expect(withoutSecrets(url!)).toBe(shown);
});

test("no password is ever shown, whatever is in it", () => {
  fc.assert(
    fc.property(fc.string({ minLength: 4 }), fc.constantFrom("", "user"), (password, user) => {
      const secret = encodeURIComponent(`~${password}`).replaceAll("'", "%27");
      expect(withoutSecrets(`postgres://${user}:${secret}@host/db?password=${secret}`)).not.toContain(secret);
    }),
    { seed: 1 },
  );
});
