import { script, type Script } from "./script.ts";

// What each takes and answers stands at the head of its file.
export const create: Script = script("create");
export const extend: Script = script("extend");
export const giveBack: Script = script("give-back");
export const inspect: Script = script("inspect");
export const leave: Script = script("leave");
export const load: Script = script("load");
export const postpone: Script = script("postpone");
export const resurrect: Script = script("resurrect");
export const steer: Script = script("steer");
export const survey: Script = script("survey");
export const take: Script = script("take");
export const turn: Script = script("turn");
