import { z } from "zod";

/** How to read a value from a flag or a variable. `list`: commas between, or YAML. `structure`: YAML or JSON. */
type Kind = "text" | "path" | "sink" | "number" | "boolean" | "list" | "structure";

/** Which commands take it as a flag: those of a run, those that look into the sink too, or `start` alone. */
type Scope = "run" | "sink" | "start";

interface Extra {
  /** Another variable that people know, with how its text is meant. */
  readonly alias?: readonly [variable: string, meant: (text: string) => string];
  /** Nothing of it is shown, or nothing of the credentials in a URL. */
  readonly secret?: "whole" | "url";
}

/** One value of the configuration: `hubUrl` in the file, FLEET_WORKER_HUB_URL, `--hub-url <url>`. */
export interface Setting extends Extra {
  readonly name: string;
  readonly kind: Kind;
  readonly scope: Scope;
  readonly description: string;
  readonly env: string;
  readonly flag: string | undefined;
}

/** The schema of each value of a part of the configuration. */
export type Section<C> = { readonly [K in keyof C]-?: z.ZodType<C[K]> };

/**
 * A value of the configuration that may stand elsewhere too.
 *
 * @param form its kind, and what its flag takes; where that is missing there is no flag (a secret) or it takes nothing (a switch).
 */
export function setting<S extends z.ZodType>(
  schema: S,
  scope: Scope,
  form: Kind | `${Kind} <${string}>`,
  description: string,
  extra: Extra = {},
): S {
  return schema.meta({ scope, form, description, ...extra });
}

/** Every setting of a flat schema, in its order. */
export function settingsOf(schema: z.ZodObject): readonly Setting[] {
  return Object.entries(schema.shape as Readonly<Record<string, z.ZodType>>).map(([name, value]) => {
    const { form, ...meta } = value.meta() as unknown as Setting & { readonly form: string };
    const [kind, takes] = form.split(" ") as [Kind, string?];
    const words = name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
    const env = `FLEET_WORKER_${words.replaceAll("-", "_").toUpperCase()}`;
    const flag = kind === "boolean" ? `--${words}` : takes === undefined ? undefined : `--${words} ${takes}`;
    return { ...meta, name, kind, env, flag };
  });
}
