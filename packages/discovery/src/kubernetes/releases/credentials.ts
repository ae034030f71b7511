import type { CredentialsReference } from "../../instance/instance.ts";
import type { Profile } from "../profiles/profile.ts";
import { expand } from "../profiles/template.ts";
import type { Variables } from "../profiles/template.ts";

/** The password of instances that name none. */
export interface DefaultCredentials {
  /** With a user name the account is taken for one that exists on every instance, so it comes before what is inferred. */
  readonly username?: string;
  /** A reference, never the password: `env:NAME` or `file:/path`. */
  readonly password: string;
  /** Where instances may be sent it. @default the option `namespaces`, where that is a list */
  readonly namespaces?: readonly string[];
}

/** What annotations say about an instance's credentials; `false` what cannot be read. */
interface ReleaseSettings {
  readonly username: string | false | undefined;
  readonly passwordSecret: string | false | undefined;
}

/**
 * Where the password of an instance may be, in the order in which it is looked for: exactly where an annotation says, which must lead
 * somewhere; else a list of which nothing need exist: in a service binding, where a Pod of its own has it from, where its convention
 * puts it, and at last the default. Nothing at all where an annotation cannot be read: a typing error is no reason to try another
 * account.
 */
export function credentialsOf(
  { username, passwordSecret }: ReleaseSettings,
  where: {
    readonly namespace: string;
    readonly profile: Profile;
    readonly pod: string | undefined;
    readonly variables: Variables;
    readonly fallback: DefaultCredentials | undefined;
  },
): CredentialsReference | undefined {
  if (username === false || passwordSecret === false) return undefined;
  const { namespace, profile, pod, variables, fallback } = where;
  if (passwordSecret !== undefined) return reference(username, `secret:${namespace}/${passwordSecret}`);
  if (username === undefined && fallback?.username !== undefined)
    return reference(fallback.username, fallback.password);
  const filled = (template: string): string | undefined =>
    expand(template, (name) => (name === "username" ? username : variables(name)));
  const binding = profile.binding === undefined ? undefined : filled(profile.binding);
  const passwords = (profile.passwords ?? []).map(filled);
  const candidates = [
    binding === undefined ? undefined : `secret:${namespace}/${binding}/password`,
    pod === undefined ? undefined : `pod:${namespace}/${pod}`,
    ...passwords.map((path) => (path === undefined ? undefined : `secret:${namespace}/${path}`)),
    fallback?.password,
  ].filter((candidate) => candidate !== undefined);
  return reference(username, candidates.length === 0 ? undefined : Object.freeze(candidates));
}

function reference(
  username: string | undefined,
  password: CredentialsReference["password"],
): CredentialsReference | undefined {
  if (username === undefined && password === undefined) return undefined;
  return Object.freeze({
    ...(username !== undefined && { username }),
    ...(password !== undefined && { password }),
  });
}
