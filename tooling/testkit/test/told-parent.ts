import { startRedis, ToldToEnd, toldToEnd } from "../src/index.ts";

// Starts a server and ends in good order when it is told to, or, with `stays`, is told and goes on.
const told = toldToEnd();
await using redis = await startRedis();
const hold = setInterval(() => {}, 1000);
const isAborted = new Promise((resolve) => told.addEventListener("abort", resolve));
console.log(`process ${process.pid}, server ${redis.pid}`);
await isAborted;
const { message, exitCode } = told.reason as ToldToEnd;
console.log(message);
process.exitCode = exitCode;
if (process.argv[2] !== "stays") clearInterval(hold);
else await new Promise(() => {});
