import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

import { announce, constantAnswer } from "../constant-answer.ts";

// What node:http itself costs: every request is read to its end and answered with the same bytes.
const answer = Buffer.from(constantAnswer());
const headers = { "content-type": "application/json", "content-length": answer.length };

const server = createServer((request, response) => {
  request.resume();
  request.once("end", () => response.writeHead(200, headers).end(answer));
});
server.listen(0, "127.0.0.1", () => announce(`http://127.0.0.1:${(server.address() as AddressInfo).port}`));
