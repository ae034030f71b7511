import { text } from "../checkout.ts";
import { moduleOf, nameOf } from "../modules.ts";
import type { Node } from "../modules.ts";
import { docOf } from "./docblock.ts";
import { declarationOf, variantsOf } from "./members.ts";
import type { Declaration } from "./members.ts";
import { typeOf } from "./options.ts";

export interface Field {
  readonly name: string;
  readonly type: string;
  readonly meaning: string;
  readonly isOptional: boolean;
}

/** A diagnostics channel, and what it carries. */
export interface DocumentedChannel {
  /** `fleet:pool:connection` */
  readonly name: string;
  /** The type of the payload; none where no doc comment of a type names the channel. */
  readonly payload: string | undefined;
  readonly meaning: string;
  /** The fields of the payload, for each form that it has. */
  readonly variants: readonly (readonly Field[])[];
}

/**
 * The channels that the files of a package open. The doc comment of a payload's type names its channel, or that of the function which
 * publishes it.
 */
export function channelsOf(paths: readonly string[]): readonly DocumentedChannel[] {
  const names = new Set(
    paths.flatMap((path) =>
      [...text(path).matchAll(/channel\("(fleet:[\w:-]+)"\)/g)].map((match) => match[1]!),
    ),
  );
  const declared = paths.flatMap((path) =>
    [...moduleOf(path).declared].map(([name, node]) => ({ path, name, node })),
  );
  const types = declared.filter(({ node }) => isType(node));
  const functions = declared.filter(({ node }) => node.type === "FunctionDeclaration");
  return [...names].toSorted().map((name) => {
    const isNamed = ({ path, node }: Declaration): boolean =>
      docOf(moduleOf(path), node).text.includes(`\`${name}\``);
    const found = types.find(isNamed) ?? parameterOf(functions.find(isNamed));
    return {
      name,
      payload: found?.name,
      meaning: found === undefined ? "" : sentenceOf(docOf(moduleOf(found.path), found.node).text, name),
      variants: found === undefined ? [] : variantsOf(found).map((members) => members.map(fieldOf)),
    };
  });
}

/** The type of the first parameter of a function that publishes: the payload may be a type of another package. */
function parameterOf(found: Declaration | undefined): Declaration | undefined {
  const [parameter] = (found?.node["params"] as readonly Node[] | undefined) ?? [];
  const annotation = parameter?.["typeAnnotation"] as Node | undefined;
  const type = annotation?.["typeAnnotation"] as Node | undefined;
  return found === undefined || type?.type !== "TSTypeReference"
    ? undefined
    : declarationOf(found.path, nameOf(type["typeName"]));
}

/** What a doc comment says of its channel, without the name of the channel that it begins with. */
function sentenceOf(comment: string, name: string): string {
  const rest = comment.replace(new RegExp(`^(?:(?:Published on|Payload of) )?\`${name}\`[:,.]?\\s*`), "");
  return rest.charAt(0).toUpperCase() + rest.slice(1);
}

const isType = ({ type }: Node): boolean =>
  type === "TSInterfaceDeclaration" || type === "TSTypeAliasDeclaration";

function fieldOf({ name, node, module, isOptional }: ReturnType<typeof variantsOf>[number][number]): Field {
  return { name, type: typeOf(node, module.source), meaning: docOf(module, node).text, isOptional };
}
