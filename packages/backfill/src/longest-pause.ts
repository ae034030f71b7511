/** A hub that asks for more has made a mistake; asking once an hour harms nothing. In milliseconds. */
export const longestPauseMs = 3_600_000;
