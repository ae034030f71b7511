/** The name of a Redis command and its flat arguments. A name in any case; text is sent as UTF-8. */
export type Command = readonly [name: string, ...args: (string | Buffer)[]];
