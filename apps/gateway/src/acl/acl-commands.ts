import type { Command } from "commander";

/** What the command line may do with the users of projects. */
export interface AclAction {
  readonly run: "acl";
  readonly verb: AclVerb;
  readonly json: boolean;
  readonly prune: boolean;
  readonly defaultOff: boolean;
  readonly save: boolean;
}

export type AclVerb = "plan" | "apply" | "verify";

type Options = Readonly<Record<string, string | boolean>>;

const verbs: Readonly<Record<AclVerb, string>> = {
  plan: "print what `apply` would change, server by server; 1 if a server cannot be asked",
  apply: "make the users; 1 if a server cannot be asked, or refuses",
  verify: "the same as plan; 1 if there is anything to change, too",
};

/** `acl plan | apply | verify` */
export function aclCommands(
  program: Command,
  configured: (command: Command) => Command,
  choose: (action: AclAction, options: Options) => void,
): void {
  const acl = program
    .command("acl")
    .description("users of projects on the servers, by which they enforce it too");
  for (const [verb, description] of Object.entries(verbs) as [AclVerb, string][])
    configured(acl.command(verb).description(description))
      .option("--prune", "delete the users of projects that no token has any more; their connections end")
      .option("--default-off", "switch the user `default` off, where the gateway has a user of its own")
      .option("--save", "let servers with an aclfile write it (ACL SAVE)")
      .option("--json", "the same for a program")
      .action((options: Options) =>
        choose(
          {
            run: "acl",
            verb,
            json: options["json"] === true,
            prune: options["prune"] === true,
            defaultOff: options["defaultOff"] === true,
            save: options["save"] === true,
          },
          options,
        ),
      );
}
