/** An argument of COMMAND DOCS, as RESP2 lists it: name, value, name, value. */
type Documented = readonly unknown[];

/** What must fit the rest of the call, or be long enough to be seen waiting, by the name of the argument. */
const values: Readonly<Record<string, string>> = {
  id: "0",
  numkeys: "1",
  numlocal: "0",
  timeout: "100",
  milliseconds: "100000",
  protover: "3",
};

/**
 * Calls of a command by its documentation: one with what is required, then one more for each option and each alternative.
 * Not all of them make sense to the server.
 *
 * @param word stands for every key and text.
 */
export function documentedCalls(
  name: string,
  documentation: unknown,
  word: string,
): readonly (readonly [string, ...string[]])[] {
  const args = field(documentation as Documented, "arguments") as readonly Documented[] | undefined;
  const words = name.split(" ") as [string, ...string[]];
  return sequences(args ?? [], word).map((rest) => [...words, ...rest]);
}

/** All required ones in their first form; then for each argument every form that it has, the others as before. */
function sequences(args: readonly Documented[], word: string): readonly (readonly string[])[] {
  const forms = args.map((arg) => formsOf(arg, word));
  const plain = forms.map(([first = []], at) => (isOptional(args[at]!) ? [] : first));
  const varied = forms.flatMap((all, at) => all.map((form) => plain.with(at, form).flat()));
  return [plain.flat(), ...varied];
}

function formsOf(arg: Documented, word: string): readonly (readonly string[])[] {
  const token = field(arg, "token") as string | undefined;
  const inner = field(arg, "arguments") as readonly Documented[] | undefined;
  const name = String(field(arg, "name"));
  const value = values[name];
  const before = token === undefined || token === "" ? [] : [token];
  switch (field(arg, "type")) {
    case "pure-token":
      return [before];
    case "oneof":
      return (inner ?? []).flatMap((one) => formsOf(one, word)).map((form) => [...before, ...form]);
    case "block":
      return sequences(inner ?? [], word).map((form) => [...before, ...form]);
    case "integer":
    case "double":
    case "unix-time":
      return [[...before, value ?? "1"]];
    default:
      return [[...before, value ?? word]];
  }
}

function isOptional(arg: Documented): boolean {
  return ((field(arg, "flags") ?? []) as readonly string[]).includes("optional");
}

function field(pairs: Documented, name: string): unknown {
  const at = pairs.findIndex((one, index) => index % 2 === 0 && one === name);
  return at === -1 ? undefined : pairs[at + 1];
}
