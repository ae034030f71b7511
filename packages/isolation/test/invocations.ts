import type { Argument, Command } from "../src/index.ts";

/**
 * Ways to call each allowed command. `k` is a key, `v` a value or member, `f` a field, `i` an integer, `n` a small count, `s` a score,
 * `x` a stream id, `g` a consumer group, `t` a time far away; `(...)` may be left out, `a|b` is one of both; the rest is literal.
 */
const grammar: Readonly<Record<string, readonly string[]>> = {
  strings: [
    "APPEND k v",
    "DECR k",
    "DECRBY k i",
    "DELEX k (IFEQ v)",
    "DELIFEQ k v",
    "DIGEST k",
    "GET k",
    "GETDEL k",
    "GETEX k (PERSIST)",
    "GETEX k EXAT t",
    "GETRANGE k i i",
    "GETSET k v",
    "INCR k",
    "INCRBY k i",
    "INCRBYFLOAT k s",
    "LCS k k (LEN)",
    "LCS k k IDX MINMATCHLEN n",
    "MGET k k k",
    "MSET k v k v",
    "MSETEX 2 k v k v (NX) EX t",
    "MSETEX 1 k v",
    "MSETNX k v k v",
    "PSETEX k t v",
    "SET k v (NX|XX) (GET)",
    "SET k v EXAT t",
    "SETEX k t v",
    "SETNX k v",
    "SETRANGE k n v",
    "STRLEN k",
    "SUBSTR k i i",
  ],
  keys: [
    "COPY k k (REPLACE)",
    "DEL k k",
    "EXISTS k k k",
    "MEMORY USAGE k (SAMPLES n)",
    "OBJECT ENCODING k",
    "OBJECT FREQ k",
    "OBJECT IDLETIME k",
    "OBJECT REFCOUNT k",
    "RENAME k k",
    "RENAMENX k k",
    "SORT k (LIMIT n n) (ASC|DESC) ALPHA",
    "SORT k (ALPHA) STORE k",
    "SORT k STORE k ALPHA STORE k",
    "SORT k BY nosort (GET #) (LIMIT n n)",
    "SORT k ALPHA GET # GET # (STORE k)",
    "SORT_RO k ALPHA (BY NOSORT) GET #",
    "SORT_RO k (DESC) ALPHA (LIMIT n n)",
    "TOUCH k k",
    "TYPE k",
    "UNLINK k k",
  ],
  expiry: [
    "EXPIRE k t (NX|XX|GT|LT)",
    "EXPIRE k -1",
    "EXPIREAT k t",
    "EXPIRETIME k",
    "PERSIST k",
    "PEXPIRE k t",
    "PEXPIREAT k t",
    "PEXPIRETIME k",
    "PTTL k",
    "TTL k",
  ],
  bitmaps: [
    "BITCOUNT k (i i)",
    "BITFIELD k SET u8 n n GET u4 n",
    "BITFIELD_RO k GET u8 n",
    "BITOP AND|OR|XOR k k k",
    "BITOP NOT k k",
    "BITPOS k 0|1 (n)",
    "GETBIT k n",
    "SETBIT k n 0|1",
  ],
  hyperloglogs: ["PFADD k v v", "PFCOUNT k k", "PFMERGE k k k"],
  hashes: [
    "HDEL k f f",
    "HEXISTS k f",
    "HEXPIRE k t FIELDS 2 f f",
    "HEXPIREAT k t FIELDS 1 f",
    "HEXPIRETIME k FIELDS 1 f",
    "HGET k f",
    "HGETALL k",
    "HGETDEL k FIELDS 1 f",
    "HGETEX k PERSIST FIELDS 1 f",
    "HINCRBY k f i",
    "HINCRBYFLOAT k f s",
    "HKEYS k",
    "HLEN k",
    "HMGET k f f",
    "HMSET k f v",
    "HPERSIST k FIELDS 1 f",
    "HPEXPIRE k t FIELDS 1 f",
    "HPEXPIREAT k t FIELDS 1 f",
    "HPEXPIRETIME k FIELDS 1 f",
    "HPTTL k FIELDS 1 f",
    "HRANDFIELD k (n)",
    "HSCAN k 0 (COUNT 100)",
    "HSET k f v f v",
    "HSETEX k EXAT t FIELDS 1 f v",
    "HSETNX k f v",
    "HSTRLEN k f",
    "HTTL k FIELDS 1 f",
    "HVALS k",
  ],
  lists: [
    "LINDEX k i",
    "LINSERT k BEFORE|AFTER v v",
    "LLEN k",
    "LMOVE k k LEFT|RIGHT LEFT|RIGHT",
    "LMPOP 1 k LEFT (COUNT 2)",
    "LMPOP 2 k k RIGHT",
    "LPOP k (n)",
    "LPOS k v (RANK 1)",
    "LPUSH k v v",
    "LPUSHX k v",
    "LRANGE k i i",
    "LREM k i v",
    "LSET k i v",
    "LTRIM k 0 n",
    "RPOP k",
    "RPOPLPUSH k k",
    "RPUSH k v v v",
    "RPUSHX k v",
  ],
  sets: [
    "SADD k v v",
    "SCARD k",
    "SDIFF k k",
    "SDIFFSTORE k k k",
    "SINTER k k",
    "SINTERCARD 2 k k (LIMIT n)",
    "SINTERSTORE k k k",
    "SISMEMBER k v",
    "SMEMBERS k",
    "SMISMEMBER k v v",
    "SMOVE k k v",
    "SPOP k (n)",
    "SRANDMEMBER k (i)",
    "SREM k v",
    "SSCAN k 0 (MATCH v)",
    "SUNION k k",
    "SUNIONSTORE k k k",
  ],
  "sorted sets": [
    "ZADD k (NX|XX) s v s v",
    "ZADD k INCR s v",
    "ZCARD k",
    "ZCOUNT k -inf s",
    "ZDIFF 2 k k (WITHSCORES)",
    "ZDIFFSTORE k 2 k k",
    "ZINCRBY k s v",
    "ZINTER 2 k k (WEIGHTS 1 2)",
    "ZINTERCARD 2 k k (LIMIT n)",
    "ZINTERSTORE k 2 k k AGGREGATE MAX",
    "ZLEXCOUNT k - +",
    "ZMPOP 1 k MIN",
    "ZMPOP 2 k k MAX COUNT n",
    "ZMSCORE k v v",
    "ZPOPMAX k",
    "ZPOPMIN k (n)",
    "ZRANDMEMBER k (i WITHSCORES)",
    "ZRANGE k i i (REV)",
    "ZRANGE k -inf +inf BYSCORE LIMIT 0 n",
    "ZRANGEBYLEX k - + (LIMIT 0 n)",
    "ZRANGEBYSCORE k -inf s WITHSCORES",
    "ZRANGESTORE k k 0 n",
    "ZRANK k v",
    "ZREM k v",
    "ZREMRANGEBYLEX k - [m",
    "ZREMRANGEBYRANK k n n",
    "ZREMRANGEBYSCORE k s s",
    "ZREVRANGE k i i",
    "ZREVRANGEBYLEX k + -",
    "ZREVRANGEBYSCORE k s -inf",
    "ZREVRANK k v",
    "ZSCAN k 0",
    "ZSCORE k v",
    "ZUNION 2 k k WITHSCORES",
    "ZUNION 1 k",
    "ZUNIONSTORE k 2 k k (WEIGHTS 2 1)",
    "ZUNIONSTORE k 1 k",
  ],
  geo: [
    "GEOADD k 13.361389 38.115556 v 15.087269 37.502669 v",
    "GEODIST k v v",
    "GEOHASH k v",
    "GEOPOS k v v",
    "GEORADIUS k 15 37 200 km (WITHCOORD) (COUNT n ANY) (ASC)",
    "GEORADIUS k 15 37 200 km (DESC) STORE k (STOREDIST k)",
    "GEORADIUSBYMEMBER k v 100 km (WITHDIST) (COUNT n)",
    "GEORADIUSBYMEMBER k v 100 km STORE k STORE k",
    "GEORADIUS_RO k 15 37 200 km (ASC)",
    "GEORADIUSBYMEMBER_RO k v 100 km (COUNT n)",
    "GEOSEARCH k FROMLONLAT 15 37 BYRADIUS 200 km (ASC)",
    "GEOSEARCHSTORE k k FROMLONLAT 15 37 BYBOX 400 400 km (STOREDIST)",
  ],
  streams: [
    "XACK k g x",
    "XACKDEL k g KEEPREF IDS 1 x",
    "XADD k x f v",
    "XADD k (NOMKSTREAM) MAXLEN 5 x f v",
    "XAUTOCLAIM k g c 0 0",
    "XCLAIM k g c 0 x",
    "XDEL k x",
    "XDELEX k (KEEPREF) IDS 1 x",
    "XGROUP CREATE k g 0 MKSTREAM",
    "XGROUP CREATECONSUMER k g c",
    "XGROUP DELCONSUMER k g c",
    "XGROUP DESTROY k g",
    "XGROUP SETID k g 0",
    "XINFO CONSUMERS k g",
    "XINFO GROUPS k",
    "XINFO STREAM k (FULL)",
    "XLEN k",
    "XPENDING k g",
    "XPENDING k g - + 10",
    "XRANGE k - +",
    "XREAD STREAMS k 0",
    "XREAD COUNT n STREAMS k k 0 0",
    "XREADGROUP GROUP g c STREAMS k >",
    "XREADGROUP GROUP block BLOCK STREAMS k >",
    "XREADGROUP GROUP g c (COUNT n) (NOACK) STREAMS k k > 0",
    "XREVRANGE k + - (COUNT n)",
    "XSETID k x",
    "XTRIM k MAXLEN n",
  ],
  "vector sets": [
    "VADD k VALUES 2 s s v",
    "VCARD k",
    "VDIM k",
    "VEMB k v",
    "VGETATTR k v",
    "VINFO k",
    "VISMEMBER k v",
    "VLINKS k v",
    "VRANDMEMBER k (i)",
    "VRANGE k - + (n)",
    "VREM k v",
    "VSETATTR k v v",
    "VSIM k ELE v (COUNT n)",
    "VSIM k VALUES 2 s s",
  ],
  connection: ["ECHO v", "PING (v)", "TIME"],
  channels: ["PUBLISH k v", "SPUBLISH k v"],
  json: [
    "JSON.ARRAPPEND k $ v",
    "JSON.ARRINDEX k $ v",
    "JSON.ARRINSERT k $ 0 v",
    "JSON.ARRLEN k ($)",
    "JSON.ARRPOP k ($ 0)",
    "JSON.ARRTRIM k $ 0 n",
    "JSON.CLEAR k",
    "JSON.DEBUG MEMORY k ($)",
    "JSON.DEL k ($)",
    "JSON.FORGET k",
    "JSON.GET k ($)",
    "JSON.MERGE k $ 1",
    "JSON.MGET k (k) $",
    "JSON.MSET k $ 1 k $ 2",
    "JSON.NUMINCRBY k $ i",
    "JSON.NUMMULTBY k $ i",
    "JSON.NUMPOWBY k $ i",
    "JSON.OBJKEYS k",
    "JSON.OBJLEN k",
    "JSON.RESP k",
    "JSON.SET k $ i (NX)",
    "JSON.STRAPPEND k $ v",
    "JSON.STRLEN k",
    "JSON.TOGGLE k $",
    "JSON.TYPE k",
  ],
  probabilistic: [
    "BF.ADD k v",
    "BF.CARD k",
    "BF.EXISTS k v",
    "BF.INFO k",
    "BF.INSERT k (CAPACITY 10) ITEMS v v",
    "BF.MADD k v v",
    "BF.MEXISTS k v",
    "BF.RESERVE k 0.1 10",
    "CF.ADD k v",
    "CF.ADDNX k v",
    "CF.COMPACT k",
    "CF.COUNT k v",
    "CF.DEL k v",
    "CF.EXISTS k v",
    "CF.INFO k",
    "CF.INSERT k ITEMS v",
    "CF.INSERTNX k ITEMS v",
    "CF.MEXISTS k v",
    "CF.RESERVE k 10",
    "CMS.INCRBY k v 1",
    "CMS.INFO k",
    "CMS.INITBYDIM k 10 10",
    "CMS.INITBYPROB k 0.1 0.1",
    "CMS.MERGE k 2 k k (WEIGHTS 1 2)",
    "CMS.QUERY k v",
    "TDIGEST.ADD k s",
    "TDIGEST.BYRANK k n",
    "TDIGEST.BYREVRANK k n",
    "TDIGEST.CDF k s",
    "TDIGEST.CREATE k",
    "TDIGEST.INFO k",
    "TDIGEST.MAX k",
    "TDIGEST.MERGE k 2 k k (OVERRIDE)",
    "TDIGEST.MIN k",
    "TDIGEST.QUANTILE k 0.5",
    "TDIGEST.RANK k s",
    "TDIGEST.RESET k",
    "TDIGEST.REVRANK k s",
    "TDIGEST.TRIMMED_MEAN k 0.1 0.9",
    "TOPK.ADD k v",
    "TOPK.COUNT k v",
    "TOPK.INCRBY k v 1",
    "TOPK.INFO k",
    "TOPK.LIST k",
    "TOPK.QUERY k v",
    "TOPK.RESERVE k 3",
  ],
  "time series": [
    "TS.ADD k n s",
    "TS.ALTER k",
    "TS.CREATE k (LABELS a b)",
    "TS.CREATERULE k k AGGREGATION avg 10",
    "TS.DECRBY k 1",
    "TS.DEL k 0 n",
    "TS.DELETERULE k k",
    "TS.GET k",
    "TS.INCRBY k 1",
    "TS.INFO k",
    "TS.MADD k n s k n s",
    "TS.RANGE k - +",
    "TS.REVRANGE k - +",
  ],
};

/** Names that a careless key finder takes for options, that are empty, not text, or look like somebody else's. */
const awkward: readonly Argument[] = [
  "",
  "BLOCK",
  "STREAMS",
  "STORE",
  "LIMIT",
  "GROUP",
  "2",
  "a b",
  "ключ",
  "proj:b:secret",
  "../b:secret",
  Buffer.from([0xff, 0x00, 0x0d, 0x0a]),
  Buffer.from("streams"),
  Buffer.from("GET"),
];

/** Generates calls of the allowed commands; the same `random` gives the same calls. */
export class Invocations {
  readonly #random: () => number;
  readonly #templates: readonly (readonly [family: string, template: string])[];

  constructor(random: () => number, available: (name: string) => boolean = () => true) {
    this.#random = random;
    this.#templates = Object.entries(grammar).flatMap(([family, templates]) =>
      templates
        .filter((template) => available(nameOf(template)))
        .map((template) => [family, template] as const),
    );
  }

  /** One call of each template in turn. */
  *each(): Generator<Command> {
    for (const [family, template] of this.#templates) yield this.#expand(family, template);
  }

  /** A call of any template. */
  next(): Command {
    const [family, template] = this.#one(this.#templates);
    return this.#expand(family, template);
  }

  /** Any name with arguments that need not make sense: keys, options, numbers and bytes in any order. */
  nonsense(): Command {
    const [, template] = this.#one(this.#templates);
    const [name, subcommand] = nameOf(template).split(" ") as [string, string | undefined];
    const options = [
      "STORE",
      "STOREDIST",
      "#",
      "nosort",
      "GET",
      "BY",
      "BLOCK",
      "STREAMS",
      "DB",
      "COUNT",
      "LIMIT",
      "LEFT",
      "MIN",
      "NOACK",
      "REPLACE",
    ];
    const args = Array.from({ length: Math.floor(this.#random() * 9) }, (): Argument => {
      const kind = this.#random();
      if (kind < 0.3) return this.#one(awkward);
      if (kind < 0.5) return String(Math.floor(this.#random() * 4));
      if (kind < 0.8) return this.#disguise(this.#one(options));
      return this.#key("strings");
    });
    return [name, ...(subcommand === undefined ? [] : [subcommand]), ...args];
  }

  #expand(family: string, template: string): Command {
    const chosen = template.replaceAll(/\(([^)]*)\)/g, (_, option: string) =>
      this.#random() < 0.5 ? option : "",
    );
    const [name = "", ...tokens] = chosen.split(" ").filter((token) => token !== "");
    return [name, ...tokens.map((token) => this.#argument(family, token))];
  }

  #argument(family: string, token: string): Argument {
    switch (token) {
      case "k":
        return this.#key(family);
      case "v":
        return this.#one([
          "a",
          "b",
          "c",
          "1",
          "2",
          "-3",
          Buffer.from([1, 0xfe]),
          "x".repeat(70),
          ...awkward.slice(0, 3),
        ]);
      case "f":
        return this.#one(["f1", "f2", "STORE", "", Buffer.from([0xff])]);
      case "i":
        return this.#one(["0", "1", "-1", "2", "-2", "7"]);
      case "n":
        return this.#one(["1", "2", "3", "8"]);
      case "s":
        return this.#one(["0", "1", "1.5", "-2", "10"]);
      case "x":
        return `${Math.floor(this.#random() * 50) + 1}-${Math.floor(this.#random() * 3)}`;
      case "g":
        return this.#one(["group", "STREAMS", "proj:a:group"]);
      case "t":
        return "4102444800000";
      default:
        return this.#one(token.split("|"));
    }
  }

  /** Mostly a key that holds the family's type, at times any. */
  #key(family: string): Argument {
    const kind = this.#random();
    if (kind < 0.15) return this.#one(awkward);
    const owner = kind < 0.3 ? this.#one(Object.keys(grammar)) : family;
    const name = `${owner}:${Math.floor(this.#random() * 3)}`;
    return kind < 0.5 ? Buffer.from(name) : name;
  }

  /** An option as text or bytes, in another case, or with the tail that C string functions overlook. */
  #disguise(option: string): Argument {
    const kind = this.#random();
    if (kind < 0.3) return Buffer.from(option);
    if (kind < 0.5) return option.toLowerCase();
    if (kind < 0.6) return `${option}\0x`;
    return option;
  }

  #one<T>(choices: readonly T[]): T {
    return choices[Math.floor(this.#random() * choices.length)] as T;
  }
}

/** Which commands have at least one template. */
export const invocable: ReadonlySet<string> = new Set(Object.values(grammar).flat().map(nameOf));

function nameOf(template: string): string {
  const [name = "", subcommand = ""] = template.split(" ");
  return ["JSON.DEBUG", "MEMORY", "OBJECT", "XGROUP", "XINFO"].includes(name)
    ? `${name} ${subcommand}`
    : name;
}
