import type { ServerResult } from "./run-acl.ts";

/** What `acl plan`, `apply` and `verify` print: a paragraph for each server, without hashes and passwords. */
export function aclText(servers: readonly ServerResult[]): string {
  if (servers.length === 0) return "no servers were found\n";
  return servers.map(paragraph).join("\n");
}

function paragraph({ instance, endpoint, whoami, aclFile, steps, applied, error }: ServerResult): string {
  if (error !== undefined) {
    const code = typeof error.code === "string" ? ` (${error.code})` : "";
    return `${instance} ${endpoint}\n  failed${code}: ${error.message}\n`;
  }
  const kept =
    aclFile === undefined || aclFile === ""
      ? "users are gone after a restart, until the gateway makes them again"
      : `users are kept in ${aclFile} only after ACL SAVE (--save)`;
  const lines = steps.length === 0 ? ["nothing to do"] : steps.map((step) => lineOf(step, applied));
  return `${instance} ${endpoint}, as ${whoami}; ${kept}\n${lines.map((line) => `  ${line}\n`).join("")}`;
}

function lineOf(step: ServerResult["steps"][number], applied: boolean): string {
  const did = (now: string, then: string): string => (applied ? then : now);
  if ("differences" in step) {
    const isNew = step.differences.includes("missing");
    const verb = isNew ? did("create", "created") : did("change", "changed");
    return `${verb} ${step.username}${isNew ? "" : `: ${step.differences.join(", ")}`}`;
  }
  if (step.kind === "delete") return `${did("delete", "deleted")} ${step.username}`;
  if (step.kind === "default-off") return `${did("switch off", "switched off")} default: ${step.warning}`;
  return `${did("save", "saved")}: ${step.kind === "save" ? step.warning : ""}`;
}
