export interface FoundPassword {
  readonly username?: string;
  readonly password: string;
}

/**
 * The password that a configuration or a list of users has in clear: of the user that is wanted, else of the default user, else of the
 * only user that can log in where the default user cannot. The last line counts, as for Redis.
 */
export function passwordInText(text: string, user: string | undefined): FoundPassword | undefined {
  const wanted = user ?? "default";
  let required: FoundPassword | undefined;
  const users = new Map<string, { readonly isOn: boolean; readonly password: string | undefined }>();
  for (const line of text.split(/\r?\n/)) {
    const [, word = "", rest = ""] = /^\s*(\w+)\s+(.+?)\s*$/.exec(line) ?? [];
    if (/^requirepass$/i.test(word)) required = fromQuoted(rest);
    if (!/^user$/i.test(word)) continue;
    const [name = "", ...rules] = rest.split(/\s+/);
    const password = rules.findLast((rule) => rule.startsWith(">"))?.slice(1);
    const isOn = rules.findLast((rule) => /^(?:on|off)$/i.test(rule))?.toLowerCase() !== "off";
    users.set(name, { isOn, password });
  }
  const own = users.get(wanted);
  if (own?.isOn === true && own.password !== undefined) return { username: wanted, password: own.password };
  if (wanted === "default" && required !== undefined) return required;
  if (user !== undefined || own?.isOn !== false) return undefined;
  const [only, ...others] = [...users].filter(([, { isOn }]) => isOn);
  if (only?.[1].password === undefined || others.length > 0) return undefined;
  return { username: only[0], password: only[1].password };
}

function fromQuoted(text: string): FoundPassword | undefined {
  const [, double, single] = /^(?:"((?:[^"\\]|\\.)*)"|'((?:[^'\\]|\\.)*)')$/.exec(text) ?? [];
  const password = double?.replaceAll(/\\(.)/g, "$1") ?? single?.replaceAll("\\'", "'") ?? text;
  return password === "" ? undefined : { password };
}

/** Whether a value is a configuration, or a list of users, rather than a password. */
export const isText = (value: string): boolean =>
  /^\s*(?:requirepass\s+\S|user\s+\S+\s.*(?:\bon\b|\boff\b|>|~|\+@))/im.test(value);

/** Whether a key is called as configurations and lists of users are. */
export const isTextName = (key: string): boolean =>
  /\.(?:acl|conf|config)$|^acl(?:[-_]?config|[-_]?file)?$/i.test(key);
