import { expect, test } from "vitest";

import { gapsOfSettings, settingsPage } from "../../src/reference/settings-page.ts";

const settings = [
  {
    path: "timeoutMs",
    env: "LAMP_TIMEOUT_MS",
    flag: "--timeout-ms <ms>",
    description: "for a call",
    default: 3000,
  },
  { path: "bulb.watts", env: "LAMP_BULB_WATTS", description: "", expected: "a whole number" },
];

test("settings of a section have a table of their own, without columns that say nothing", () => {
  const page = settingsPage("lamp", settings);
  expect(page).toContain("| `timeoutMs` | `LAMP_TIMEOUT_MS` | `--timeout-ms` | `3000` | for a call |");
  expect(page).toContain("## `bulb`\n\n| setting | variable | must be | meaning |");
});

test("a setting without a description is named", () => {
  expect(gapsOfSettings("lamp", settings)).toEqual(["lamp: the setting bulb.watts has no description"]);
});
