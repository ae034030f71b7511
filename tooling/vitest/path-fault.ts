/** Why tests cannot run in a checkout at this path; undefined where they can. Vite reads module paths as URLs. */
export function pathFault(root: string): string | undefined {
  const [bad] = /[#?]/.exec(root) ?? [];
  if (bad === undefined) return undefined;
  return `vitest finds no test in a folder whose path has a "${bad}": ${root}; move the checkout to a path without one`;
}
