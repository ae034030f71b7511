import type { Condition } from "../../instance/condition.ts";
import { choosePort } from "../profiles/ports.ts";
import type { ChosenPort } from "../profiles/ports.ts";
import { about } from "./member.ts";
import type { Member } from "./member.ts";

/** A Service that leads to Redis, and its port that does. */
export interface RedisService {
  readonly member: Member;
  readonly port: ChosenPort;
}

/** The Services of a release that lead to Redis, and why the others that might do not. */
export function redisServicesOf(
  members: readonly Member[],
  wanted: string | number | undefined,
): { readonly services: readonly RedisService[]; readonly faults: readonly Condition[] } {
  const services: RedisService[] = [];
  const faults: Condition[] = [];
  for (const member of members) {
    const { service, recognition } = member;
    if (recognition.kind === "sentinel" || recognition.kind === "ignore") continue;
    if (service.type === "ExternalName") {
      faults.push(about(member, "ExternalName", "a name may resolve to anything, so it is not followed"));
      continue;
    }
    const port = choosePort(service.ports, wanted, recognition.profile.containerPort);
    if (port === "NoPort")
      faults.push(
        about(
          member,
          port,
          wanted === undefined ? "none of its ports may be one of Redis" : `it has no port named ${wanted}`,
        ),
      );
    else if (port === "PortOutOfRange") faults.push(about(member, port, "a port must be from 1 to 65535"));
    else services.push({ member, port });
  }
  return { services, faults };
}
