import { EpochError } from "../errors.ts";

const reasons: Readonly<Record<string, string>> = {
  gone: "it is not in Redis any more: the data was lost, flushed or purged",
  replaced: "it was removed and created anew under the same name",
  rewound: "Redis holds an older state than this worker has seen: an old copy was restored",
  incomplete: "nothing is left to do, but not every chunk is done: part of the data was lost",
};

/** Reads a script's answer. @throws EpochError when the run is not the one that the caller has opened. */
export function readAnswer(run: string, text: unknown): unknown {
  const answer = JSON.parse(text as string) as { readonly lost?: string };
  if (answer.lost !== undefined) throw new EpochError(run, reasons[answer.lost] ?? answer.lost);
  return answer;
}
