import { channel } from "node:diagnostics_channel";

import type { Difference } from "@fleet/isolation/acl";

/** Payload of `fleet:client:user`: a project's user was not what it should be on an endpoint, and was put right. */
export interface UserEvent {
  readonly instance: string;
  /** `host:port`. */
  readonly endpoint: string;
  /** Its name on the server. */
  readonly user: string;
  /** In what it differed; `missing` where there was none. */
  readonly differences: readonly Difference[];
}

const userChannel = channel("fleet:client:user");

export function publishUser(event: UserEvent): void {
  if (userChannel.hasSubscribers) userChannel.publish(event);
}
