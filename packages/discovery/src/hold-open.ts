/** The longest delay of a timer. */
const long = 2 ** 31 - 1;

/** Keeps the process running until it is disposed of: a promise that is awaited does not do that by itself. */
export function holdOpen(): Disposable {
  const timer = setInterval(() => {}, long);
  return { [Symbol.dispose]: () => clearInterval(timer) };
}
