/**
 * The protocol: the keys of a run, what stands in them, and what the scripts take and answer. It goes up with each change that a
 * worker of another version could misread. The field `protocol` of a run's `meta`, and where `meta` stands, never change.
 */
export const protocol = 2;

/** Runs that were begun before the protocol was written down. */
export const firstProtocol = 1;
