import { startRedis } from "../src/index.ts";

// Starts two servers, pauses one, says where they are, and then ends as it is told on its command line, or waits to be killed.
const running = await startRedis();
const paused = await startRedis();
paused.pause();
process.stdout.write(`${JSON.stringify({ pids: [running.pid, paused.pid], folder: running.folder })}\n`);
if (process.argv[2] === "wait") setInterval(() => {}, 1000);
if (process.argv[2] === "throw") throw new Error("on purpose");
