import { z } from "zod";

/**
 * Where else than in the file a value may stand, and what the screen and the README say of it. The variables' names keep away
 * from those that Kubernetes sets in every pod: for a Service called `fleet` that is FLEET_PORT=tcp://...
 */
export interface SettingMeta {
  readonly env: string;
  readonly flag?: string;
  readonly description: string;
  /** How to read it from a flag or a variable. @default by its schema */
  readonly kind?: Kind;
}

/** `path`: of a file, in the configuration file meant from where that lies. `list`: names with commas between, or YAML. `structure`: YAML or JSON. */
export type Kind = "text" | "path" | "number" | "boolean" | "list" | "structure";

/** A value of the configuration that may stand elsewhere too. */
export const setting = <S extends z.ZodType>(schema: S, meta: SettingMeta): S => schema.meta({ ...meta });

export const ms = (least: number): z.ZodNumber => z.number().int().min(least).max(2_147_483_647);
