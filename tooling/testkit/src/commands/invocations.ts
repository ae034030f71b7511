import { grammar } from "./grammar.ts";

type Argument = string | Buffer;
type Command = readonly [name: string, ...args: Argument[]];

/** Names that a careless key finder takes for options, that are empty, not text, or look like those of another project. */
const awkward: readonly Argument[] = [
  "",
  "BLOCK",
  "STREAMS",
  "STORE",
  "LIMIT",
  "GROUP",
  "2",
  "a b",
  "ключ",
  "proj:b:secret",
  "../b:secret",
  Buffer.from([0xff, 0x00, 0x0d, 0x0a]),
  Buffer.from("streams"),
  Buffer.from("GET"),
];

/** Generates calls of the allowed commands; the same `random` gives the same calls. */
export class Invocations {
  readonly #random: () => number;
  readonly #templates: readonly (readonly [family: string, template: string])[];

  constructor(random: () => number, available: (name: string) => boolean = () => true) {
    this.#random = random;
    this.#templates = Object.entries(grammar).flatMap(([family, templates]) =>
      templates
        .filter((template) => available(nameOf(template)))
        .map((template) => [family, template] as const),
    );
  }

  /** One call of each template in turn. */
  *each(): Generator<Command> {
    for (const [family, template] of this.#templates) yield this.#expand(family, template);
  }

  /** A call of any template. */
  next(): Command {
    const [family, template] = this.#one(this.#templates);
    return this.#expand(family, template);
  }

  /** Any name with arguments that need not make sense: keys, options, numbers and bytes in any order. */
  nonsense(): Command {
    const [, template] = this.#one(this.#templates);
    const [name, subcommand] = nameOf(template).split(" ") as [string, string | undefined];
    const options = [
      "STORE",
      "STOREDIST",
      "#",
      "nosort",
      "GET",
      "BY",
      "BLOCK",
      "STREAMS",
      "DB",
      "COUNT",
      "LIMIT",
      "LEFT",
      "MIN",
      "NOACK",
      "REPLACE",
    ];
    const args = Array.from({ length: Math.floor(this.#random() * 9) }, (): Argument => {
      const kind = this.#random();
      if (kind < 0.3) return this.#one(awkward);
      if (kind < 0.5) return String(Math.floor(this.#random() * 4));
      if (kind < 0.8) return this.#disguise(this.#one(options));
      return this.#key("strings");
    });
    return [name, ...(subcommand === undefined ? [] : [subcommand]), ...args];
  }

  #expand(family: string, template: string): Command {
    const chosen = template.replaceAll(/\(([^)]*)\)/g, (_, option: string) =>
      this.#random() < 0.5 ? option : "",
    );
    const [name = "", ...tokens] = chosen.split(" ").filter((token) => token !== "");
    return [name, ...tokens.map((token) => this.#argument(family, token))];
  }

  #argument(family: string, token: string): Argument {
    switch (token) {
      case "k":
        return this.#key(family);
      case "v":
        return this.#one([
          "a",
          "b",
          "c",
          "1",
          "2",
          "-3",
          Buffer.from([1, 0xfe]),
          "x".repeat(70),
          ...awkward.slice(0, 3),
        ]);
      case "f":
        return this.#one(["f1", "f2", "STORE", "", Buffer.from([0xff])]);
      case "i":
        return this.#one(["0", "1", "-1", "2", "-2", "7"]);
      case "n":
        return this.#one(["1", "2", "3", "8"]);
      case "s":
        return this.#one(["0", "1", "1.5", "-2", "10"]);
      case "x":
        return `${Math.floor(this.#random() * 50) + 1}-${Math.floor(this.#random() * 3)}`;
      case "g":
        return this.#one(["group", "STREAMS", "proj:a:group"]);
      case "t":
        return "4102444800000";
      default:
        return this.#one(token.split("|"));
    }
  }

  /** Mostly a key that holds the family's type, at times any. */
  #key(family: string): Argument {
    const kind = this.#random();
    if (kind < 0.15) return this.#one(awkward);
    const owner = kind < 0.3 ? this.#one(Object.keys(grammar)) : family;
    const name = `${owner}:${Math.floor(this.#random() * 3)}`;
    return kind < 0.5 ? Buffer.from(name) : name;
  }

  /** An option as text or bytes, in another case, or with the tail that C string functions overlook. */
  #disguise(option: string): Argument {
    const kind = this.#random();
    if (kind < 0.3) return Buffer.from(option);
    if (kind < 0.5) return option.toLowerCase();
    if (kind < 0.6) return `${option}\0x`;
    return option;
  }

  #one<T>(choices: readonly T[]): T {
    return choices[Math.floor(this.#random() * choices.length)] as T;
  }
}

/** Which commands have at least one template. */
export const invocable: ReadonlySet<string> = new Set(Object.values(grammar).flat().map(nameOf));

function nameOf(template: string): string {
  const [name = "", subcommand = ""] = template.split(" ");
  return ["JSON.DEBUG", "MEMORY", "OBJECT", "XGROUP", "XINFO"].includes(name)
    ? `${name} ${subcommand}`
    : name;
}
