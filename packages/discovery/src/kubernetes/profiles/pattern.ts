/** What a pattern captured, the whole text first. */
export type Groups = readonly (string | undefined)[];

/**
 * A test of whole texts: the groups of the match, undefined where there is none. What has no special characters is compared as it
 * is, which is most of what profiles contain.
 *
 * @throws SyntaxError when the source is no regular expression.
 */
export function pattern(source: string): (text: string) => Groups | undefined {
  if (/^[\w:/-]*$/.test(source)) return (text) => (text === source ? [text] : undefined);
  const expression = new RegExp(`^(?:${source})$`, "s");
  return (text) => expression.exec(text) ?? undefined;
}

type Texts = Readonly<Record<string, string>>;

/** A test of labels: each one is there and matches; of a list, those of one entry. */
export function labelPattern(expected: Texts | readonly Texts[]): (labels: Texts) => boolean {
  const alternatives = [expected].flat().map(allOf);
  return alternatives.length === 1
    ? alternatives[0]!
    : (labels) => alternatives.some((holds) => holds(labels));
}

function allOf(expected: Texts): (labels: Texts) => boolean {
  const tests = Object.entries(expected).map(([label, source]) => [label, pattern(source)] as const);
  return (labels) =>
    tests.every(([label, matches]) => {
      const value = labels[label];
      return value !== undefined && matches(value) !== undefined;
    });
}
