export { fromStrategy } from "./from-strategy.ts";
export { toPolicy } from "./to-policy.ts";
