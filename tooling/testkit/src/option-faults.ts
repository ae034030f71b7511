interface Rule {
  readonly fits: (value: unknown) => boolean;
  readonly required?: true;
  readonly options?: Rules;
}
type Rules = Readonly<Record<string, Rule>>;
type Options = Readonly<Record<string, unknown>>;

/** Values of all kinds, and some that look right and are not. */
const values: readonly unknown[] = [
  "3000",
  "",
  "true",
  "primary",
  Number.NaN,
  Infinity,
  -Infinity,
  -1,
  0,
  0.5,
  1.5,
  2 ** 31,
  2 ** 53,
  true,
  false,
  null,
  3n,
  Symbol("s"),
  {},
  [],
  [1],
  { now: 1 },
  new Date(0),
  () => 1,
];

/**
 * Walks a table of option rules and makes something with every value that an option cannot have, with an option that does not
 * exist, and without what is required: one line for each that is not refused by an InvalidOptionError that names the option.
 *
 * @param given options that are accepted.
 * @param make what checks the options.
 */
export function optionFaults(
  rules: Rules,
  given: Options,
  make: (options: never) => unknown,
  path: readonly string[] = [],
): readonly string[] {
  const attempt = (name: string, value: unknown): string[] => {
    const full = [...path, name].join(".");
    const [first, ...within] = [...path, name];
    const nested = within.reduceRight<unknown>((inner, key) => ({ [key]: inner }), value);
    const options = { ...given, [first]: nested };
    try {
      make(options as never);
      return [`${full}: ${String(value)} is accepted`];
    } catch (error) {
      const { name: kind, option, message } = error as Error & { readonly option?: unknown };
      return kind === "InvalidOptionError" && option === full && message.startsWith(`${full} must be `)
        ? []
        : [`${full}: ${String(value)} ends in ${kind} of ${String(option)}: ${message}`];
    }
  };
  return [
    ...attempt("noSuchOption", 1),
    ...Object.entries(rules).flatMap(([name, rule]) => [
      ...(rule.required === true ? attempt(name, undefined) : []),
      ...values.flatMap((value) => (rule.fits(value) ? [] : attempt(name, value))),
      ...(rule.options === undefined ? [] : optionFaults(rule.options, given, make, [...path, name])),
    ]),
  ];
}
