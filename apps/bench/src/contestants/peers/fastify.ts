import Fastify from "fastify";

import { announce, constantAnswer } from "../constant-answer.ts";

// What Fastify itself costs: its router, its body parser and its reply, without schemas, hooks or logger.
const answer = constantAnswer();
const app = Fastify();
app.all("/*", (_request, reply) => reply.type("application/json").send(answer));
announce(await app.listen({ host: "127.0.0.1", port: 0 }));
