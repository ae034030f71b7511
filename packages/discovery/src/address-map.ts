/** A `host:port`, in two parts. */
export interface Address {
  readonly host: string;
  readonly port: number;
}

/**
 * Where to dial an announced address: for port-forwards, NAT and tests, as ioredis' `natMap`. What it does not know is dialled as
 * announced. Identity, TLS names and metrics stay with the announced address.
 */
export type AddressMap = (announced: Address) => Address;
