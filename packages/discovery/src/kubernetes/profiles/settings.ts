import { hostFault } from "../../instance/address.ts";
import { dnsLabel } from "../../instance/dns-label.ts";
import type { Reads, State } from "../../instance/instance.ts";
import type { ServiceKind } from "./profile.ts";

/** What the annotations of a Service say about its instance, and with what rules of a profile may say the same. */
export interface Settings {
  readonly instance: string;
  readonly ignore: boolean;
  readonly service: ServiceKind;
  readonly group: string;
  readonly state: State;
  readonly reads: Reads;
  readonly zone: string;
  readonly port: string | number;
  readonly cluster: boolean;
  readonly username: string;
  readonly "password-secret": string;
  readonly tls: boolean;
  readonly "tls-secret": string;
  readonly servername: string;
  readonly "sentinel-master": string;
}

export type Setting = keyof Settings;

type Reader<T> = { readonly expected: string; read(text: string): T | undefined };

export const annotationPrefix = "fleet.dev/";

const matching = (expected: string, expression: RegExp): Reader<string> => ({
  expected,
  read: (text) => (expression.test(text) ? text : undefined),
});
const oneOf = <const T extends string>(...words: readonly T[]): Reader<T> => ({
  expected: `one of ${words.join(", ")}`,
  read: (text) => words.find((word) => word === text),
});
const flag: Reader<boolean> = {
  expected: "true or false",
  read: (text) => (text === "true" ? true : text === "false" ? false : undefined),
};

const readers: { readonly [K in Setting]: Reader<Settings[K]> } = {
  // Whether it is a name is judged with the names that profiles find.
  instance: matching("a name", /./),
  ignore: flag,
  service: oneOf("primary", "replicas", "all", "headless", "sentinel", "ignore"),
  group: matching("a DNS label: lower-case letters, digits and dashes, 1 to 63 characters", dnsLabel),
  state: oneOf("ready", "drain", "maintenance"),
  reads: oneOf("primary", "replica", "any"),
  zone: matching("1 to 253 characters", /^.{1,253}$/u),
  port: {
    expected: "the name of a port, or a number from 1 to 65535",
    read: (text) => {
      if (/^\d+$/.test(text)) return validPort(Number(text)) ? Number(text) : undefined;
      return /^[a-z0-9-]{1,63}$/.test(text) ? text : undefined;
    },
  },
  cluster: flag,
  username: matching("1 to 256 characters without spaces", /^[^\s\p{Cc}]{1,256}$/u),
  "password-secret": matching(
    "the name of a Secret of the same namespace and a key, as in orders-auth/password",
    /^[a-z0-9][a-z0-9.-]{0,252}\/[A-Za-z0-9._-]{1,253}$/,
  ),
  tls: flag,
  "tls-secret": matching("the name of a Secret of the same namespace", /^[a-z0-9][a-z0-9.-]{0,252}$/),
  servername: {
    expected: "a host name",
    read: (text) => (hostFault(text) === undefined ? text : undefined),
  },
  "sentinel-master": matching("1 to 253 characters without spaces", /^[^\s\p{Cc}]{1,253}$/u),
};

/** As they stand behind the prefix. */
export const settingNames: readonly string[] = Object.keys(readers);

/** An annotation under our prefix that cannot be read: its name is not known, or its value is not. */
export interface SettingFault {
  readonly setting: string;
  /** What the value must be; undefined where there is no such setting. */
  readonly expected: string | undefined;
}

export interface ReadSettings {
  readonly values: Partial<Settings>;
  readonly faults: readonly SettingFault[];
}

type Texts = Readonly<Record<string, string>>;
const none: ReadSettings = { values: {}, faults: [] };

/** What stands on a Service: its annotations, before its labels, before what the rules of its profile made of it. */
export function settingsOf(
  { annotations, labels }: { readonly annotations: Texts; readonly labels: Texts },
  relabelled: ReadonlyMap<string, string> | undefined,
): ReadSettings {
  const texts = new Map<string, string>();
  for (const [label, text] of relabelled ?? [])
    if (isSetting(label)) texts.set(label.replaceAll("_", "-"), text);
  for (const record of [labels, annotations])
    for (const key in record)
      if (key.startsWith(annotationPrefix)) texts.set(key.slice(annotationPrefix.length), record[key]!);
  if (texts.size === 0) return none;
  const values: { [K in Setting]?: unknown } = {};
  const faults: SettingFault[] = [];
  for (const [setting, text] of texts) {
    const reader = Object.hasOwn(readers, setting) ? readers[setting as Setting] : undefined;
    const value = reader?.read(text);
    if (value === undefined) faults.push({ setting, expected: reader?.expected });
    else values[setting as Setting] = value;
  }
  return { values: values as Partial<Settings>, faults };
}

/** Whether what a profile's rules set under this name is read as a setting; else it is a label of the instance. */
export function isSetting(label: string): boolean {
  return Object.hasOwn(readers, label.replaceAll("_", "-"));
}

export function validPort(port: number): boolean {
  return Number.isInteger(port) && port >= 1 && port <= 65_535;
}
