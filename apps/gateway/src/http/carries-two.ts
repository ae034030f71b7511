/** Whether a header stands twice, of which Node drops the second: a proxy in front may have gone by the other one. */
export function carriesTwo(rawHeaders: readonly string[], name: string): boolean {
  let seen = 0;
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const one = rawHeaders[index]!;
    if (one.length === name.length && one.toLowerCase() === name) seen += 1;
  }
  return seen > 1;
}
