/** Settings of the gateway that stand in no section. */
const alone = [
  "PRESET",
  "REQUIRE_PROJECT",
  "TIMEOUT_MS",
  "RETRIES",
  "ROLES_INTERVAL_MS",
  "FAILOVER_MS",
  "START_TIMEOUT_MS",
  "GRACE_MS",
  "POLICY",
  "OVERRIDES",
  "BODY_LIMIT_BYTES",
  "MAX_PIPELINE_COMMANDS",
  "REQUEST_TIMEOUT_MS",
  "KEEP_ALIVE_TIMEOUT_MS",
  "RELOAD_INTERVAL_MS",
  "DRAIN_DELAY_MS",
  "IDLE_SOCKET_TIMEOUT_MS",
  "MAX_ARGUMENTS",
  "MAX_BODIES_BYTES",
  "MAX_ANSWERS_BYTES",
  "SLOW_READER_TIMEOUT_MS",
  "INSTANCES",
  "INSTANCES_FILE",
  "ADDRESS_MAP",
  "TOKENS",
  "MAX_LAG_BYTES",
  "CONFIG",
];

/** Sections of the gateway: whatever is in one is its affair. */
const sections = [
  "ACL",
  "LISTEN",
  "ADMIN_LISTEN",
  "LOG",
  "POOL",
  "BREAKER",
  "RETRY",
  "RETRY_BUDGET",
  "FILE",
  "KUBERNETES",
  "SENTINEL",
  "DNS",
];

/** Variables of the gateway, for an app beside it: what is none of these, and none of its own, was misspelt. */
export const gatewayVariable: RegExp = new RegExp(
  `^FLEET_(?:${alone.join("|")}|(?:${sections.join("|")})(?:_.+)?)$`,
);

/** Variables of what starts and tests the apps. */
export const toolVariable: RegExp = /^FLEET_(?:TEST|E2E)_|^FLEET_(?:SEED|REDIS_SERVER|REDIS_IMAGE)$/;
