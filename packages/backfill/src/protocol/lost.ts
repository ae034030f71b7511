import { EpochError } from "../errors.ts";

const words: Readonly<Record<string, string>> = {
  gone: "it is not in Redis any more: the data was lost, flushed or purged",
  replaced: "it was removed and created anew under the same name",
  rewound: "Redis holds an older state than this worker has seen: an old copy was restored",
  incomplete: "nothing is left to do, but not every chunk is done: part of the data was lost",
};

/** Reads a script's answer. @throws EpochError when the run is not what the caller knows. */
export function readAnswer(run: string, answer: unknown): unknown {
  const told = JSON.parse(answer as string) as { readonly lost?: string };
  if (told.lost !== undefined) throw new EpochError(run, words[told.lost] ?? told.lost);
  return told;
}
