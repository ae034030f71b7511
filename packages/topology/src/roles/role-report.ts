import type { Role, Unfit } from "./role.ts";

/** What is new about the roles of an instance. Endpoints stand there as `host:port`, as announced. */
export type RoleReport =
  | {
      /** An endpoint has another role now, by what Redis or its source says. */
      readonly event: "changed";
      readonly instance: string;
      readonly endpoint: string;
      readonly role: Role;
      readonly previous: Role;
    }
  | {
      /** A replica, or a primary beside the primary, is not read from any more, or for another reason than before. */
      readonly event: "unfit";
      readonly instance: string;
      readonly endpoint: string;
      readonly reason: Unfit;
    }
  | {
      /** A replica that was unfit follows the primary again, and is read from. */
      readonly event: "follows";
      readonly instance: string;
      readonly endpoint: string;
    }
  | {
      /** Several endpoints say that they are the primary. */
      readonly event: "disputed";
      readonly instance: string;
      readonly endpoints: readonly string[];
      /** The one that is written to; undefined when none is. */
      readonly kept: string | undefined;
    }
  | {
      /** An endpoint does not say what it is (its user may call neither ROLE nor INFO): its source's word counts. */
      readonly event: "untold";
      readonly instance: string;
      readonly endpoint: string;
    };
