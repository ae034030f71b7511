import * as fc from "fast-check";
import { describe, expect, test } from "vitest";

import { encodeError, encodeResult } from "../../src/http/encode.ts";

const bytes = (text: string): Buffer => Buffer.from(text);

describe("text", () => {
  test("replies keep their shape", () => {
    expect(encodeResult(null, "text")).toBe('{"result":null}');
    expect(encodeResult(42, "text")).toBe('{"result":42}');
    expect(encodeResult(-1, "text")).toBe('{"result":-1}');
    expect(encodeResult(bytes("OK"), "text")).toBe('{"result":"OK"}');
    expect(encodeResult(bytes('a"b\\c\n\u2028é'), "text")).toBe('{"result":"a\\"b\\\\c\\n\u2028é"}');
    expect(encodeResult([], "text")).toBe('{"result":[]}');
    expect(encodeResult([bytes("a"), null, [1, bytes("b")]], "text")).toBe('{"result":["a",null,[1,"b"]]}');
  });

  test("digits of a large integer are a number, digits of a string are a string", () => {
    expect(encodeResult("9223372036854775807", "text")).toBe('{"result":9223372036854775807}');
    expect(encodeResult(["-9007199254740993"], "base64")).toBe('{"result":[-9007199254740993]}');
    expect(encodeResult(9223372036854775807n, "text")).toBe('{"result":9223372036854775807}');
    expect(encodeResult(bytes("9223372036854775807"), "text")).toBe('{"result":"9223372036854775807"}');
  });

  test("what is no UTF-8 is lossy, and still JSON", () => {
    expect(JSON.parse(encodeResult(Buffer.from([0xff, 0xfe, 0x61]), "text"))).toEqual({
      result: "\ufffd\ufffda",
    });
  });
});

describe("base64", () => {
  test("only an OK that is the whole reply stays as it is", () => {
    expect(encodeResult(bytes("OK"), "base64")).toBe('{"result":"OK"}');
    expect(encodeResult([bytes("OK"), [bytes("OK")]], "base64")).toBe('{"result":["T0s=",["T0s="]]}');
    expect(encodeResult(bytes("ok"), "base64")).toBe('{"result":"b2s="}');
    expect(encodeResult(bytes(""), "base64")).toBe('{"result":""}');
    expect(encodeResult([null, 7], "base64")).toBe('{"result":[null,7]}');
  });

  test("any bytes survive at any depth", () => {
    const binary = fc.uint8Array().map((array) => Buffer.from(array));
    fc.assert(
      fc.property(fc.array(fc.array(binary)), (reply) => {
        const { result } = JSON.parse(encodeResult(reply, "base64")) as { result: string[][] };
        expect(result.map((inner) => inner.map((one) => Buffer.from(one, "base64")))).toEqual(reply);
      }),
    );
  });
});

test("an error is one string", () => {
  expect(encodeError('ERR unknown "x"\n')).toBe('{"error":"ERR unknown \\"x\\"\\n"}');
});
