import type { AddressMap } from "@fleet/discovery";
import type { Clock } from "@fleet/time";

import type { CertificatesResolver, CredentialsResolver } from "../fleet-options.ts";
import type { Terms } from "../overrides.ts";
import type { AclSettings } from "../users/acl-options.ts";

/** What all endpoints of one fleet are opened with. */
export interface OpenOptions<Target> {
  readonly terms: { of(instance: string): Terms };
  readonly credentials: CredentialsResolver | undefined;
  readonly certificates: CertificatesResolver | undefined;
  readonly addressMap: AddressMap | undefined;
  /** Undefined where projects have no users of their own. */
  readonly acl?: AclSettings | undefined;
  readonly clock: Clock;
  readonly random: () => number;
  /** A first call has opened its pool. */
  readonly opened: (target: Target) => void;
}
