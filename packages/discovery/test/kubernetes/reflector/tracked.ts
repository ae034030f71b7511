import type { InstanceSource } from "../../../src/index.ts";

/** A source as it is, and whether it has been started and neither closed nor aborted since. */
export function tracked(inner: InstanceSource): {
  readonly source: InstanceSource;
  readonly isOpen: () => boolean;
} {
  let open = false;
  const source: InstanceSource = {
    name: inner.name,
    start: (sink, { signal }) => {
      open = !signal.aborted;
      signal.addEventListener("abort", () => (open = false));
      return inner.start(sink, { signal });
    },
    close: () => {
      open = false;
      return inner.close();
    },
  };
  return { source, isOpen: () => open };
}
