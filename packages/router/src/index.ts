export { InvalidOptionError, NoTargetError, UnknownTargetError } from "./errors.ts";
export { leastRequests } from "./policies/least-requests.ts";
export { policies } from "./policies/policies.ts";
export { roundRobin } from "./policies/round-robin.ts";
export { Router } from "./router.ts";

export type { Now } from "@fleet/time";
export type { PickEvent, PickOutcome } from "./channels.ts";
export type { NoTargetReason, Refusal, Requested } from "./errors.ts";
export type { RouterOptions } from "./router-options.ts";
export type { PickRequest, PickTerms, RouterStats, TargetStats } from "./router.ts";
export type { Candidate, Choice, RoutingPolicy } from "./routing-policy.ts";
export type { Access, Target, Vacancy } from "./target.ts";
export type { PickReason, Ticket } from "./ticket.ts";
