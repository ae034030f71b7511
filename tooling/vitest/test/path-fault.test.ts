import { expect, test } from "vitest";

import { pathFault } from "../path-fault.ts";

test.for(["/home/me/fleet", "/home/jürgen müller/fleet (2) [old] @home & more"])(
  "tests run in %s",
  (root) => {
    expect(pathFault(root)).toBeUndefined();
  },
);

test.for([
  ["/home/me/c#/fleet", "#"],
  ["/home/me/what?/fleet", "?"],
])("in %s they cannot: the message names the character and the folder", ([root, character]) => {
  expect(pathFault(root!)).toContain(`a "${character}": ${root}; move the checkout`);
});
