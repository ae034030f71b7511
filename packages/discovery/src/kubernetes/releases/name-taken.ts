import type { Condition } from "../../instance/condition.ts";
import { annotationPrefix } from "../profiles/settings.ts";
import { condition } from "./reasons.ts";
import type { Translation } from "./translate.ts";

/** A release as far as it claims a name. */
interface Claim {
  readonly namespace: string;
  readonly translation: Translation;
}

/** The older; of equals the one with the port that Redis has by default, then the first by namespace and name. */
export function byAge(a: Claim, b: Claim): number {
  const age = a.translation.createdAt - b.translation.createdAt;
  const port = Number(b.translation.isUsualPort) - Number(a.translation.isUsualPort);
  return age || port || (mainService(a) < mainService(b) ? -1 : 1);
}

export function nameTaken(loser: Claim, winner: Claim): Condition {
  const { name } = loser.translation.instance!;
  const why =
    winner.translation.createdAt < loser.translation.createdAt
      ? "is older"
      : winner.translation.isUsualPort && !loser.translation.isUsualPort
        ? "is as old, has port 6379"
        : "is as old, comes first by namespace and name";
  return condition(
    "NameTaken",
    mainService(loser),
    `${mainService(winner)} ${why} and has the name ${name}; ${annotationPrefix}instance gives this one another`,
  );
}

function mainService({ namespace, translation }: Claim): string {
  return `Service ${namespace}/${translation.service}`;
}
