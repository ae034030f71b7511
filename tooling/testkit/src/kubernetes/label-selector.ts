type Labels = Readonly<Record<string, string>>;

/** Which labels a selector means: `app=redis,tier!=test,env in (a,b),env notin (c),has,!hasnot`; an empty one means all. */
export function labelSelector(text: string): (labels: Labels) => boolean {
  // A comma inside of parentheses separates values.
  const terms = text.split(/,(?![^(]*\))/).filter((term) => term.trim() !== "");
  const tests = terms.map((term) => requirement(term.trim()));
  return (labels) => tests.every((test) => test(labels));
}

function requirement(term: string): (labels: Labels) => boolean {
  const set = /^(\S+)\s+(in|notin)\s+\(([^)]*)\)$/.exec(term);
  if (set !== null) {
    const [, key = "", operator, list = ""] = set;
    const values = new Set(list.split(",").map((value) => value.trim()));
    return (labels) => values.has(labels[key] ?? "\0") === (operator === "in");
  }
  const equality = /^([^=!\s]+)\s*(!=|==?)\s*(\S*)$/.exec(term);
  if (equality !== null) {
    const [, key = "", operator, value] = equality;
    return (labels) => (labels[key] === value) === (operator !== "!=");
  }
  if (!/^!?[^=!\s()]+$/.test(term)) throw new RangeError(`unable to parse requirement: ${term}`);
  const key = term.replace(/^!/, "");
  return (labels) => key in labels === !term.startsWith("!");
}
