/** Answers a variable by its name; undefined where it has no value. */
export type Variables = (name: string) => string | undefined;

/** The text with its `{variables}` filled in; undefined where one of them has no value. */
export function expand(template: string, variables: Variables): string | undefined {
  let complete = true;
  const text = template.replace(/\{([^{}]*)\}/g, (_, name: string) => {
    const value = variables(name);
    if (value === undefined || value === "") complete = false;
    return value ?? "";
  });
  return complete ? text : undefined;
}
