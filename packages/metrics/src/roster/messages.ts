/** Of each channel's payload, what is counted. Declared here, so that the other packages need not be installed. */
export interface Messages {
  readonly "fleet:client:command": CommandMessage;
  readonly "fleet:client:role": RoleMessage;
  readonly "fleet:router:pick": PickMessage;
  readonly "fleet:breaker:state": BreakerMessage;
  readonly "fleet:pool:connection": ConnectionMessage;
  readonly "fleet:pool:acquire": AcquireMessage;
  readonly "fleet:discovery:change": ChangeMessage;
  readonly "fleet:discovery:condition": ConditionMessage;
  readonly "fleet:discovery:error": DiscoveryErrorEvent;
  readonly "fleet:discovery:reflector": ReflectorMessage;
}

export interface CommandMessage {
  readonly instance: string | undefined;
  /** `host:port` */
  readonly endpoint: string | undefined;
  readonly durationMs: number;
  readonly outcome: string;
  readonly code?: string;
}

interface RoleMessage {
  readonly event: string;
  readonly instance: string;
}

export interface PickMessage {
  readonly policy: string;
  readonly access: "read" | "write";
  readonly outcome: "picked" | "refused";
  readonly reason: string;
}

interface BreakerMessage {
  readonly name: string;
  readonly from: string;
  readonly to: string;
}

interface ConnectionMessage {
  readonly name: string;
  readonly lane: string;
  readonly event: string;
}

interface AcquireMessage {
  readonly name: string;
  readonly lane: string;
  readonly waitedMs: number;
  readonly outcome: string;
}

interface InstanceMessage {
  readonly name: string;
  readonly endpoints: readonly { readonly host: string; readonly port: number }[];
}

export interface ChangeMessage {
  readonly type: "added" | "updated" | "removed";
  readonly instance: InstanceMessage;
  readonly previous?: InstanceMessage;
}

interface ConditionMessage {
  readonly source: string;
  readonly type: "raised" | "cleared";
  readonly condition: { readonly reason: string };
}

interface DiscoveryErrorEvent {
  readonly code: string;
  readonly source: string | undefined;
}

interface ReflectorMessage {
  readonly source: string | undefined;
  readonly resource: string;
  readonly event: string;
}
