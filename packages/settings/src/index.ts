export { addFlags, flagsIn } from "./flags.ts";
export { objectFromRules, settingsFromRules } from "./from-rules.ts";
export { gatewayVariable, toolVariable } from "./neighbours.ts";
export { nearest } from "./nearest.ts";
export { printSettings, withoutSecrets } from "./print.ts";
export { reload } from "./reload.ts";
export { setting } from "./setting.ts";
export { Settings } from "./settings.ts";
export { credentialShaped } from "./variables.ts";
export { count, filePath, ms, text } from "./values.ts";

export type { Rules } from "@fleet/options";
export type { FromRules } from "./from-rules.ts";
export type { Alias, Flags } from "./layers.ts";
export type { Reloaded } from "./reload.ts";
export type { Kind, Section, Setting, SettingMeta } from "./setting.ts";
export type { Checked, Definition, Loaded, LoadInput, Preset, Sources } from "./settings.ts";
export type { Environment } from "./variables.ts";
