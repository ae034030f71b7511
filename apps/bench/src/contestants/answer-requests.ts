/** In a process that is asked: answers one request after the other, and at the end closes what is open. */
export function answerRequests(
  answer: (request: never) => Promise<unknown>,
  close: () => Promise<void> = () => Promise.resolve(),
): void {
  // The process that asked may be gone by now; then the answer is dropped.
  const send = (said: object): void => void process.send?.(said, undefined, undefined, () => {});
  process.on("message", (request) => {
    answer(request as never).then(
      (answered) => send({ answer: answered }),
      (error: unknown) => send({ error: error instanceof Error ? error.message : String(error) }),
    );
  });
  // A Ctrl-C in the terminal reaches every process of the bench; the bench itself closes this one in order.
  process.on("SIGINT", () => {});
  const end = (): never => process.exit();
  process.once("disconnect", () => void close().then(end, end));
}
