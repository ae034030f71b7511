export { InvalidOptionError, NoTargetError, UnknownTargetError } from "./errors.ts";
export { leastRequests } from "./least-requests.ts";
export { roundRobin } from "./round-robin.ts";
export { Router } from "./router.ts";

export type { PickMessage } from "./channels.ts";
export type { Clock } from "./clock.ts";
export type { NoTargetReason } from "./errors.ts";
export type { PickRequest, RouterOptions, RouterStats } from "./router.ts";
export type { Candidate, Choice, RoutingPolicy } from "./routing-policy.ts";
export type { Target, Vacancy } from "./target.ts";
export type { Ticket } from "./ticket.ts";
