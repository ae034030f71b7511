/** The tiers of endpoints, the best first. */
export const ranks = {
  fit: 0,
  /** Shutting down. */
  leaving: 1,
  /** A replica that was cut off from its primary. */
  lastResort: 2,
  /** Its last dial or health check failed. */
  unreachable: 3,
} as const;

export type Rank = (typeof ranks)[keyof typeof ranks];
