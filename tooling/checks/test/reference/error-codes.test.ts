import { describe, expect, test } from "vitest";

import { errorCodes } from "../../src/reference/error-codes.ts";
import { errorsPage, gapsOf } from "../../src/reference/errors-page.ts";

const fixture = "tooling/checks/test/reference/fixture";
const codes = errorCodes([`${fixture}/errors.ts`, `${fixture}/refusal.ts`]);
const of = (code: string): unknown => codes.find((each) => each.code === `FLEET_FIXTURE_${code}`);

describe("the codes of a package", () => {
  test("are those of its classes, and those that no class has", () => {
    expect(codes.map(({ code, className }) => `${code.slice("FLEET_FIXTURE_".length)} ${className}`)).toEqual(
      [
        "ALIAS AliasError",
        "ANSWER undefined",
        "BROKEN BrokenError",
        "CHILD ChildError",
        "LEFT TwoError",
        "REFUSED RefusedError",
        "RIGHT TwoError",
      ],
    );
  });

  test("a class with one code is described by its own doc comment", () => {
    expect(of("BROKEN")).toMatchObject({
      meaning: "It broke over two lines.",
      outcomes: ["not-sent", "unknown"],
      retry: "after a pause",
      remedy: "Mend it, then try.",
    });
  });

  test("a class with several codes says it of each, and the tag has more weight than the property", () => {
    expect(of("LEFT")).toMatchObject({
      meaning: "The left one.",
      outcomes: ["not-sent"],
      remedy: "Go right.",
    });
    expect(of("RIGHT")).toMatchObject({ meaning: "The right one.", outcomes: ["unknown"], retry: "no" });
  });

  test("a superclass may have the outcome", () => {
    expect(of("CHILD")).toMatchObject({ outcomes: ["not-sent", "unknown"], remedy: "Buy another." });
  });

  test("a type of another file, or an alias, may have the code", () => {
    expect(of("REFUSED")).toMatchObject({ meaning: "It was refused.", remedy: "Wait." });
    expect(of("ALIAS")).toMatchObject({ meaning: "By an alias.", remedy: "Nothing." });
  });
});

test("what is missing is named", () => {
  expect(gapsOf(codes)).toEqual(["FLEET_FIXTURE_RIGHT has no @remedy in its doc comment"]);
});

test("the page has the status of the gateway, and leaves out a column that has nothing to say", () => {
  const page = errorsPage([{ name: "@fleet/fixture", codes }], { FLEET_FIXTURE_BROKEN: 503 });
  expect(page).toContain(
    "| [`FLEET_FIXTURE_BROKEN`](#fleet_fixture_broken) | `BrokenError` | `not-sent` or `unknown` | 503 | after a pause |",
  );
  expect(page).toContain(
    "### `FLEET_FIXTURE_BROKEN`\n\nIt broke over two lines.\n\n**What to do:** Mend it, then try.",
  );
  expect(errorsPage([{ name: "@fleet/fixture", codes }], {})).toContain("| code | class | outcome | retry |");
});
