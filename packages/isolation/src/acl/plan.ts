import { type ProjectUser, type Rule, ruleFor, setUser, usernameOf } from "./rule.ts";
import type { AclState, UserState } from "./server.ts";

/** In what a user is not what it should be. `extra-password` is a password that is not wanted any more. */
export type Difference =
  | "missing"
  | "off"
  | "nopass"
  | "missing-password"
  | "extra-password"
  | "missing-commands"
  | "extra-commands"
  | "keys"
  | "channels"
  | "selectors";

/** One change of a server. */
export type AclStep =
  | {
      readonly kind: "set";
      readonly username: string;
      readonly differences: readonly Difference[];
      /** Of ACL SETUSER. They hold hashes and no password; a list of steps is still not for logs. */
      readonly args: readonly string[];
    }
  | { readonly kind: "delete"; readonly username: string }
  | { readonly kind: "default-off"; readonly warning: string }
  | { readonly kind: "save"; readonly warning: string };

export interface PlanOptions {
  /** Whether users of projects that are not wanted are deleted, which ends their connections. @default false */
  readonly prune?: boolean;
  /**
   * Whether passwords that are not wanted stay. A fleet that makes users by itself keeps them, because another one may have been given
   * the next secret already. @default false
   */
  readonly keepsPasswords?: boolean;
  /** Whether `default` is switched off. Needs a state that was read with `default`. @default false */
  readonly defaultOff?: boolean;
  /** Whether the server writes its aclfile afterwards. @default false */
  readonly save?: boolean;
}

const defaultOffWarning =
  "whatever logs in without a user name, or with no password, is locked out from its next connection on: replicas (masteruser), " +
  "Sentinels (auth-user), probes and exporters need users of their own first";
const notOffWarning =
  "the fleet itself logs in as default: give it a user of its own first, else it would lock itself out";
const saveWarning =
  "ACL SAVE writes every user of the server and keeps it busy meanwhile: seconds with 10,000 users";

/** The changes that make the server's users what is wanted; empty where they are. Pure. */
export function plan(
  state: AclState,
  wanted: readonly ProjectUser[],
  options: PlanOptions = {},
): readonly AclStep[] {
  const steps: AclStep[] = [];
  for (const user of wanted) {
    const step = stepFor(
      ruleFor(user, state.commandList),
      state.users.get(usernameOf(user.project)),
      options.keepsPasswords === true,
    );
    if (step !== undefined) steps.push(step);
  }
  if (options.prune === true) {
    const names = new Set(wanted.map(({ project }) => usernameOf(project)));
    for (const [username, user] of state.users)
      if (user !== undefined && !names.has(username)) steps.push({ kind: "delete", username });
  }
  if (options.defaultOff === true && state.isDefaultOn !== false)
    steps.push({
      kind: "default-off",
      warning: state.whoami === "default" ? notOffWarning : defaultOffWarning,
    });
  if (options.save === true && state.aclFile !== "") steps.push({ kind: "save", warning: saveWarning });
  return steps;
}

/** The change of one user; undefined where it is what the rule says. */
export function stepFor(
  rule: Rule,
  state: UserState | undefined,
  keepsPasswords: boolean,
): AclStep | undefined {
  const differences = state === undefined ? (["missing"] as const) : differencesOf(rule, state);
  const counted = keepsPasswords ? differences.filter((one) => one !== "extra-password") : differences;
  if (counted.length === 0) return undefined;
  const kept = keepsPasswords && state?.isOpen === false ? state.passwords : [];
  const passwords = [...new Set([...rule.passwords, ...kept])];
  const { username } = rule;
  return { kind: "set", username, differences: counted, args: setUser({ ...rule, passwords }) };
}

function differencesOf(rule: Rule, state: UserState): readonly Difference[] {
  const has = state.commands;
  const wanted = new Set(rule.commands);
  const found: readonly (readonly [Difference, boolean])[] = [
    ["off", !state.isOn],
    ["nopass", state.isOpen],
    ["missing-password", rule.passwords.some((hash) => !state.passwords.includes(hash))],
    ["extra-password", state.passwords.some((hash) => !rule.passwords.includes(hash))],
    ["missing-commands", rule.commands.some((name) => !has.has(name))],
    ["extra-commands", [...has].some((name) => !wanted.has(name))],
    ["keys", state.keys !== rule.keys],
    ["channels", state.channels !== rule.channels],
    ["selectors", state.hasSelectors],
  ];
  return found.filter(([, differs]) => differs).map(([difference]) => difference);
}
