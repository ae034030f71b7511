/** Where the local gateway answers, and the token that opens it. */
export interface Access {
  readonly url: string;
  readonly token: string;
}

/** One call to try: what to type and what it sends. */
export interface Call {
  readonly curl: string;
  readonly send: () => Promise<string>;
}

/** The three calls of the screen; `--try` makes the very same. */
export function calls({ url, token }: Access): readonly Call[] {
  const authorization = `Authorization: Bearer ${token}`;
  const call = (path: string, body?: string): Call => ({
    curl: `curl ${url}${path} -H "${authorization}"${body === undefined ? "" : ` -d '${body}'`}`,
    send: async () => {
      const response = await fetch(url + path, {
        method: body === undefined ? "GET" : "POST",
        headers: { authorization: `Bearer ${token}` },
        ...(body === undefined ? {} : { body }),
      });
      const answer = await response.text();
      if (!response.ok) throw new Error(`${path} answered ${response.status}: ${answer}`);
      return answer;
    },
  });
  return [
    call("/set/greeting/hello"),
    call("/get/greeting"),
    call("/redis/orders/pipeline", '[["INCR","visits"],["EXPIRE","visits","3600"],["GET","visits"]]'),
  ];
}

/** Four lines for the SDK that people already have. */
export function sdkLines({ url, token }: Access): readonly string[] {
  return [
    'import { Redis } from "@upstash/redis";',
    `const redis = new Redis({ url: "${url}/redis/sessions", token: "${token}" });`,
    'await redis.set("greeting", "hello again");',
    'console.log(await redis.get("greeting"));',
  ];
}
