import { describe, expect, test } from "vitest";

import { namedServer, takeServer } from "../server-option.ts";

describe("--server on a command line", () => {
  test("is taken out, the rest stays in its order", () => {
    expect(takeServer(["packages/pool", "--server", "redis8", "-t", "x"])).toEqual({
      server: "redis8",
      rest: ["packages/pool", "-t", "x"],
    });
    expect(takeServer(["--server=/opt/redis-server"])).toEqual({ server: "/opt/redis-server", rest: [] });
  });

  test("need not be there", () => {
    expect(takeServer(["--project", "unit"])).toEqual({ rest: ["--project", "unit"] });
  });

  test.for([[["--server"]], [["--server="]], [["--server", ""]]])("%j lacks its value", ([args]) => {
    expect(() => takeServer(args!)).toThrow("--server wants redis8, valkey or a path");
  });
});

describe("the name of a server", () => {
  const env = { FLEET_TEST_REDIS_8: "/opt/redis-8", FLEET_TEST_VALKEY: "" };

  test("stands for the path in its variable, and a path for itself", () => {
    expect(namedServer("redis8", env)).toBe("/opt/redis-8");
    expect(namedServer("./redis-server", env)).toBe("./redis-server");
  });

  test("is an error that names the variable when that is not set", () => {
    expect(() => namedServer("valkey", env)).toThrow("--server valkey: FLEET_TEST_VALKEY is not set");
    expect(() => namedServer("redis9", env)).toThrow(
      "--server redis9: neither redis8 nor valkey, nor a path",
    );
  });
});
