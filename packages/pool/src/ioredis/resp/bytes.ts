/** The bytes that RESP2 is made of (https://redis.io/docs/latest/develop/reference/protocol-spec/). */
export const cr = 13;
export const lf = 10;
export const zero = 48;
export const nine = 57;
/** `+text` */
export const simple = 43;
/** `-error`; a minus before a number too. */
export const error = 45;
/** `:integer` */
export const integer = 58;
/** `$bulk string` */
export const bulk = 36;
/** `*array` */
export const array = 42;
