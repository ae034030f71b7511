import * as fc from "fast-check";
import { describe, expect, test } from "vitest";

import { encodeError, encodeResult, resultPieces } from "../../src/http/encode.ts";
import type { Encoding } from "../../src/http/encode.ts";
import { wireOf } from "./wire.ts";
import type { Value } from "./wire.ts";

const encoded = (value: Value, encoding: Encoding = "text"): string => encodeResult(wireOf(value), encoding);
const joined = (wire: Buffer, encoding: Encoding): string => [...resultPieces(wire, encoding)].join("");

describe("text", () => {
  test("replies keep their shape", () => {
    expect(encoded(null)).toBe('{"result":null}');
    expect(encodeResult(Buffer.from("*-1\r\n"), "text")).toBe('{"result":null}');
    expect(encoded(42)).toBe('{"result":42}');
    expect(encoded(-1)).toBe('{"result":-1}');
    expect(encodeResult(Buffer.from("+OK\r\n"), "text")).toBe('{"result":"OK"}');
    expect(encoded('a"b\\c\n\u2028é')).toBe('{"result":"a\\"b\\\\c\\n\u2028é"}');
    expect(encoded([])).toBe('{"result":[]}');
    expect(encoded(["a", null, [], [1, "b", [[2]]], "c"])).toBe('{"result":["a",null,[],[1,"b",[[2]]],"c"]}');
  });

  test("an integer keeps its digits, digits of a string are a string", () => {
    expect(encoded(9223372036854775807n)).toBe('{"result":9223372036854775807}');
    expect(encoded([-9007199254740993n], "base64")).toBe('{"result":[-9007199254740993]}');
    expect(encoded("9223372036854775807")).toBe('{"result":"9223372036854775807"}');
  });

  test("an error inside an array stands in its place as its text", () => {
    expect(encoded([1, new Error("ERR inner"), 3])).toBe('{"result":[1,"ERR inner",3]}');
  });

  test("what is no UTF-8 is lossy, and still JSON", () => {
    expect(JSON.parse(encoded(Buffer.from([0xff, 0xfe, 0x61])))).toEqual({ result: "\ufffd\ufffda" });
  });
});

describe("base64", () => {
  test("only an OK that is the whole reply stays as it is", () => {
    expect(encoded("OK", "base64")).toBe('{"result":"OK"}');
    expect(encodeResult(Buffer.from("+OK\r\n"), "base64")).toBe('{"result":"OK"}');
    expect(encoded(["OK", ["OK"]], "base64")).toBe('{"result":["T0s=",["T0s="]]}');
    expect(encoded("ok", "base64")).toBe('{"result":"b2s="}');
    expect(encoded("", "base64")).toBe('{"result":""}');
    expect(encoded([null, 7], "base64")).toBe('{"result":[null,7]}');
  });
});

const { value } = fc.letrec<{ value: Value }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    fc.uint8Array({ maxLength: 80 }).map((bytes) => Buffer.from(bytes)),
    fc.string({ unit: "binary", maxLength: 80 }).map((text) => Buffer.from(text)),
    fc.maxSafeInteger(),
    fc.constant(null),
    fc.array(tie("value"), { maxLength: 5 }),
  ),
}));

/** What a reader of JSON should find. */
function expected(one: Value, encoding: Encoding): unknown {
  if (Buffer.isBuffer(one)) return one.toString(encoding === "text" ? "utf8" : "base64");
  return Array.isArray(one) ? one.map((inner: Value) => expected(inner, encoding)) : one;
}

test("any reply, in one piece and in many", () => {
  fc.assert(
    fc.property(fc.array(value), fc.constantFrom<Encoding>("text", "base64"), (reply, encoding) => {
      const text = encoded(reply, encoding);
      expect(JSON.parse(text)).toEqual({ result: expected(reply, encoding) });
      expect(joined(wireOf(reply), encoding)).toBe(text);
    }),
  );
});

test("a long string is the same in pieces, wherever they end and whatever its bytes", () => {
  const character = fc.constantFrom("a", '"', "\0", "é", "€", "😀", "\ud800");
  const odd = fc.constantFrom(0x80, 0xbf, 0xc3, 0xe2, 0x82, 0xf0, 0x9f, 0xff);
  const long = fc
    .tuple(fc.array(character, { maxLength: 5 }), fc.array(odd, { maxLength: 5 }))
    .map(([characters, bytes]) =>
      Buffer.concat([
        Buffer.alloc(characters.length + 49_140, "x"),
        Buffer.from(characters.join("")),
        Buffer.from(bytes),
      ]),
    )
    .map((unit) => Buffer.concat([unit, unit, unit]));
  fc.assert(
    fc.property(long, fc.constantFrom<Encoding>("text", "base64"), (bytes, encoding) => {
      const wire = wireOf([bytes, 1]);
      expect(joined(wire, encoding) === encodeResult(wire, encoding)).toBe(true);
    }),
    { numRuns: 40 },
  );
});

test("no piece is long, whatever the reply", () => {
  for (const reply of [
    Buffer.alloc(1_000_000),
    Array.from({ length: 100_000 }, () => "x"),
    Buffer.alloc(1_000_000, 0xff),
  ])
    for (const encoding of ["text", "base64"] as const)
      for (const piece of resultPieces(wireOf(reply), encoding)) expect(piece.length).toBeLessThan(400_000);
});

test("an error is one string", () => {
  expect(encodeError('ERR unknown "x"\n')).toBe('{"error":"ERR unknown \\"x\\"\\n"}');
});
