import { PoolExhaustedError } from "../../../errors.ts";

export interface BoundsSettings {
  readonly name: string;
  readonly maxInFlight: number;
  readonly maxInFlightBytes: number;
  /** More are not written before one of them is answered. */
  readonly maxUnanswered: number;
}

/** What a lane has taken. */
export interface Load {
  readonly size: number;
  readonly bytes: number;
  /** Callers that still wait. */
  readonly unanswered: number;
}

/** Why `count` more commands of `bytes` cannot be taken. Bytes may be exceeded by a command that comes alone. */
export function refusalOf(
  settings: BoundsSettings,
  load: Load,
  count: number,
  bytes: number,
): PoolExhaustedError | undefined {
  const { maxInFlight, maxInFlightBytes } = settings;
  const isFull = load.size + count > maxInFlight;
  if (!isFull && (load.size === 0 || load.bytes + bytes <= maxInFlightBytes)) return undefined;
  return exhausted(
    settings,
    load,
    isFull ? `maxInFlight ${maxInFlight}` : `maxInFlightBytes ${maxInFlightBytes}`,
  );
}

/** Why a command was not written although there was a connection: its turn did not come. */
export function passedOver(settings: BoundsSettings, load: Load): PoolExhaustedError {
  return exhausted(settings, load, `maxUnanswered ${settings.maxUnanswered}`);
}

function exhausted(
  { name }: BoundsSettings,
  { size, bytes, unanswered }: Load,
  bound: string,
): PoolExhaustedError {
  return new PoolExhaustedError(name, bound, { inFlight: size, bytesInFlight: bytes, unanswered });
}
