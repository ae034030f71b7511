import { wordsOf } from "./command-line.ts";
import type { ContainerLike, PodLike } from "./pod-spec.ts";
import { isKnownName } from "./variable-names.ts";

/** The containers of a Pod by what they are to its Redis. */
export interface Containers {
  /** What runs Redis; where nothing says which container that is, the only one, or that with Redis' password. */
  readonly servers: readonly ContainerLike[];
  /** What prepared the configuration of the servers, and whatever else ran before them. */
  readonly init: readonly ContainerLike[];
  /** Exporters, Sentinels, proxies, meshes, applications: their password may be that of another user, or of something else. */
  readonly sidecars: readonly ContainerLike[];
}

const names =
  /^(?:redis|valkey|keydb|dragonfly(?:db)?|kvrocks|falkordb|redict|redismod|redisearch|rejson)\d*$/;
const sidecars =
  /^(?:exporter|metrics|sentinel|proxy|envoy|istio|linkerd|sidecar|backup|restore|agent|fluent|vector|kubectl|watch|watcher|reload|reloader|sync|operator|commander|insight|ui|manager|prometheus|fix|init)$/;
const programs = /^(?:\/\S*\/)?(?:(?:redis|valkey|keydb)-server|dragonfly|kvrocks)$/;
/** What runs the program that follows it. */
const wrappers = /^(?:exec|then|do|else|--|nohup|[;&|(]+|.*(?:sh|tini|dumb-init|entrypoint)|-\w*c)$/;

/** @param port that is dialed: of several servers those count that listen there. */
export function containersOf({ spec = {} }: PodLike, port?: number): Containers {
  const { containers = [], initContainers = [] } = spec;
  const running = [...containers, ...initContainers.filter((one) => one.restartPolicy === "Always")];
  const found = serversOf(running);
  const listening = found.filter((one) => port !== undefined && portsOf(one).includes(port));
  const servers = listening.length > 0 ? listening : found;
  return {
    servers,
    init: initContainers.filter((one) => one.restartPolicy !== "Always"),
    sidecars: running.filter((one) => !found.includes(one)),
  };
}

/** By the image, else by the command, else by the name, else by the port. */
function serversOf(running: readonly ContainerLike[]): readonly ContainerLike[] {
  const candidates = running.filter((one) => !isSentinel(one));
  const steps: readonly ((one: ContainerLike) => boolean)[] = [
    (one) => isOfRedis(imageWords(one)) || (!namesSidecar(imageWords(one)) && runsServer(one)),
    (one) => !namesSidecar(imageWords(one)) && isOfRedis(nameWords(one)),
    (one) => !isSidecar(one) && portsOf(one).some((port) => port === 6379 || port === 6380),
  ];
  for (const step of steps) {
    const found = candidates.filter(step);
    // A script that runs in the image of Redis says with its name what it is; beside the server it is not the server.
    const certain = found.filter((one) => runsServer(one) || !namesSidecar(nameWords(one)));
    if (found.length > 0) return certain.length > 0 ? certain : found;
  }
  const others = candidates.filter((one) => !isSidecar(one));
  if (others.length === 1) return others;
  const telling = others.filter(({ env = [] }) => env.some(({ name = "" }) => isKnownName(name)));
  if (telling.length > 0) return telling;
  return running.length === 1 ? candidates : [];
}

/** Whether a container is called after Redis, or runs in an image that is. */
export function isNamedAfterRedis(container: ContainerLike): boolean {
  return imageWords(container).some(isName) || nameWords(container).some(isName);
}

/** Whether a word of a name, a path or a key is Redis' or Valkey's. */
export const hasRedisWord = (text: string): boolean => wordsIn(text).some(isName);

const isName = (word: string): boolean => names.test(word);
const namesSidecar = (words: readonly string[]): boolean => words.some((word) => sidecars.test(word));
const isOfRedis = (words: readonly string[]): boolean => words.some(isName) && !namesSidecar(words);
const isSidecar = (one: ContainerLike): boolean =>
  namesSidecar(imageWords(one)) || namesSidecar(nameWords(one));

/** `registry/team/redis-stack:8@sha256:...` -> `redis`, `stack` */
function imageWords({ image = "" }: ContainerLike): readonly string[] {
  return wordsIn(image.split("@")[0]!.split("/").at(-1)!.split(":")[0]!);
}

const nameWords = ({ name = "" }: ContainerLike): readonly string[] => wordsIn(name);

function wordsIn(text: string): readonly string[] {
  return text
    .toLowerCase()
    .split(/[^a-z0-9]+/)
    .filter((word) => word !== "");
}

/** Whether its command line runs a server: a host of that name among its arguments does not. */
function runsServer(container: ContainerLike): boolean {
  const { command = [], args = [] } = container;
  const words = wordsOf(container, "command").map(({ text }) => text);
  const first = command.length > 0 || args.length > 0 ? [0] : [];
  if (command.length > 0 && args.length > 0)
    first.push(wordsOf({ ...container, args: [] }, "command").length);
  return words.some(
    (word, index) =>
      programs.test(word) &&
      (first.includes(index) ||
        wrappers.test(words[index - 1]!) ||
        /^(?:gosu|su-exec)$/.test(words[index - 2] ?? "")),
  );
}

function isSentinel(container: ContainerLike): boolean {
  const words = wordsOf(container, "command").map(({ text }) => text);
  if (words.some((word) => /^(?:--sentinel|(?:\/\S*\/)?(?:redis|valkey)-sentinel)$/.test(word))) return true;
  return !runsServer(container) && [...imageWords(container), ...nameWords(container)].includes("sentinel");
}

/** The ports that its command line or its declaration names. */
export function portsOf(container: ContainerLike): readonly number[] {
  const words = wordsOf(container).map(({ text }) => text);
  const said = words.flatMap((word, index) => {
    const [, inline] = /^--(?:tls-)?port(?:[=\s]+(\d+))?$/.exec(word) ?? [undefined, undefined];
    return /^--(?:tls-)?port(?:$|[=\s])/.test(word) ? [Number(inline ?? words[index + 1])] : [];
  });
  return [...said, ...(container.ports ?? []).flatMap(({ containerPort }) => containerPort ?? [])];
}
