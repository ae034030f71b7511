import { packages, paths, root, text } from "../checkout.ts";
import { channelsPage, gapsOfChannels } from "./channels-page.ts";
import { channelsOf } from "./channels.ts";
import { entriesOf } from "./entries.ts";
import { errorCodes } from "./error-codes.ts";
import { errorsPage, gapsOf } from "./errors-page.ts";
import type { Owner } from "./errors-page.ts";
import { gapsOfMetrics, metricsPage } from "./metrics-page.ts";
import { appMetrics, observedMetrics } from "./metrics.ts";
import { gapsOfOptions, optionsPage } from "./options-page.ts";
import type { OptionsOwner } from "./options-page.ts";
import { optionsTypes } from "./options.ts";
import { ruleTables } from "./rule-tables.ts";
import { gapsOfSettings, settingsPage } from "./settings-page.ts";
import type { DocumentedSetting } from "./settings-page.ts";

/** The generated pages, and what the sources leave out of them. */
export interface Reference {
  /** By path in the checkout. */
  readonly pages: ReadonlyMap<string, string>;
  /** One line each. */
  readonly gaps: readonly string[];
}

const apps = ["gateway", "worker", "bench"];

/** The codes of each package and app. */
export function codeOwners(): readonly Owner[] {
  return [...packages.map((name) => `packages/${name}`), ...apps.map((name) => `apps/${name}`)].map(
    (folder) => ({
      name: (JSON.parse(text(`${folder}/package.json`)) as { readonly name: string }).name,
      codes: errorCodes(paths(`${folder}/src/**/*.ts`)),
    }),
  );
}

function isPrivate(folder: string): boolean {
  return (JSON.parse(text(`${folder}/package.json`)) as { readonly private?: boolean }).private === true;
}

async function optionOwners(): Promise<readonly OptionsOwner[]> {
  const published = packages.filter((name) => !isPrivate(`packages/${name}`));
  const tables = await Promise.all(
    published.map((name) => ruleTables(paths(`packages/${name}/src/**/*.ts`))),
  );
  return published.map((name, index) => ({
    name: `@fleet/${name}`,
    types: optionsTypes([...entriesOf(name).values()], tables[index]!),
  }));
}

/** The settings of an app, by the module that has its schema. */
async function settingsOf(path: string): Promise<readonly DocumentedSetting[]> {
  const { settings, parseConfig } = (await import(new URL(`file://${root}/${path}`).href)) as {
    readonly settings: readonly (DocumentedSetting & { readonly name?: string })[];
    readonly parseConfig?: (given: object) => { readonly config?: Readonly<Record<string, unknown>> };
  };
  // Where a setting has only a name, its default is in its schema.
  const initial = parseConfig?.({}).config ?? {};
  return settings.map(({ name = "", ...setting }) => ({
    ...setting,
    path: setting.path ?? name,
    default: setting.default ?? initial[name],
  }));
}

/** Reads the sources; nothing is written. */
export async function reference(): Promise<Reference> {
  const owners = codeOwners();
  const { statusByCode } = (await import(new URL(`file://${root}/apps/gateway/src/errors.ts`).href)) as {
    readonly statusByCode: Readonly<Record<string, number>>;
  };
  const options = await optionOwners();
  const channels = packages.flatMap((name) => channelsOf(paths(`packages/${name}/src/**/*.ts`)));
  const gateway = await settingsOf("apps/gateway/src/config/config-schema.ts");
  const worker = await settingsOf("apps/worker/src/config/config-schema.ts");
  const metrics = [
    { name: "@fleet/metrics", metrics: await observedMetrics() },
    { name: "@fleet/gateway", metrics: appMetrics("gateway") },
    { name: "@fleet/worker", metrics: appMetrics("worker") },
  ];
  return {
    pages: new Map([
      ["docs/reference/gateway-settings.md", settingsPage("fleet-gateway", gateway)],
      ["docs/reference/worker-settings.md", settingsPage("fleet-worker", worker)],
      ["docs/reference/metrics.md", metricsPage(metrics)],
      ["docs/reference/channels.md", channelsPage(channels)],
      ["docs/reference/errors.md", errorsPage(owners, statusByCode)],
      ["docs/reference/options.md", optionsPage(options)],
    ]),
    gaps: [
      ...owners.flatMap(({ codes }) => gapsOf(codes)),
      ...options.flatMap(gapsOfOptions),
      ...gapsOfChannels(channels),
      ...metrics.flatMap(gapsOfMetrics),
      ...gapsOfSettings("fleet-gateway", gateway),
      ...gapsOfSettings("fleet-worker", worker),
    ],
  };
}
