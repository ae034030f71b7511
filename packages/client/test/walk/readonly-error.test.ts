import { ReplyError } from "@fleet/pool";
import { expect, test } from "vitest";

import { isOfReplica, isReadonly } from "../../src/walk/readonly-error.ts";

const replica = new ReplyError("READONLY You can't write against a read only replica.");

test("a replica's refusal is known, that of a transaction by what discarded it", () => {
  const discarded = new ReplyError("EXECABORT Transaction discarded because of previous errors.", replica);
  for (const error of [replica, discarded])
    expect([isReadonly(error), isOfReplica(error)]).toEqual([true, true]);
});

test("a script that says READONLY may have written before: it is asked for its role, and not tried again", () => {
  for (const text of [
    "READONLY maintenance",
    "READONLY You can't write against a read only replica. script: f1, on @user_script:1.",
  ])
    expect([isReadonly(new ReplyError(text)), isOfReplica(new ReplyError(text))]).toEqual([true, false]);
});

test("nothing else is taken for it", () => {
  for (const error of [
    new ReplyError("ERR READONLY"),
    new ReplyError("EXECABORT"),
    new Error("lost"),
    undefined,
    "READONLY",
  ])
    expect([isReadonly(error), isOfReplica(error)]).toEqual([false, false]);
});
