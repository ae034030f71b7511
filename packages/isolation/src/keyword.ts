import type { Argument } from "./command.ts";

/**
 * Whether an argument, text or bytes, is this keyword (upper case ASCII letters) in any mixture of cases.
 *
 * Only ASCII letters fold: `toUpperCase` would also turn "ſ" into "S", which the server does not. The server compares C strings and
 * therefore takes "STORE\0x" for STORE; that spelling is not a keyword here, and callers refuse what they do not know.
 */
export function isKeyword(argument: Argument | undefined, keyword: string): boolean {
  if (argument === undefined || argument.length !== keyword.length) return false;
  const text = typeof argument === "string" ? argument : argument.toString("latin1");
  for (let index = 0; index < keyword.length; index += 1) {
    const code = text.charCodeAt(index);
    const upper = code >= 0x61 && code <= 0x7a ? code - 0x20 : code;
    if (upper !== keyword.charCodeAt(index)) return false;
  }
  return true;
}

/** Whether an argument is a decimal integer, spelled the only way Redis reads one. */
export function isInteger(argument: Argument | undefined): boolean {
  return argument !== undefined && /^(?:0|-?[1-9]\d*)$/.test(textOf(argument));
}

/** An argument's bytes as text, one character a byte where it was bytes. */
export function textOf(argument: Argument): string {
  return typeof argument === "string" ? argument : argument.toString("latin1");
}
