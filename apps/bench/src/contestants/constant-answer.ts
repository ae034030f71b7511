/** What a constant server gets as its argument: the body of every answer. */
export function constantAnswer(): string {
  const body = process.argv[2];
  if (body === undefined) throw new TypeError("the body of the answer is missing");
  return body;
}

/** Says where the server answers, as the bench wants to read it. */
export function announce(url: string): void {
  process.stdout.write(`${JSON.stringify({ data: url })}\n`);
}
