import { expect, test } from "vitest";

import { isRedisImage } from "../../../src/kubernetes/releases/image-search.ts";

test.for([
  "redis",
  "redis:8",
  "redis:7-alpine",
  "docker.io/library/redis@sha256:0123",
  "bitnami/valkey:8.1",
  "bitnami/redis-cluster:8.2",
  "bitnamilegacy/valkey-cluster",
  "redis/redis-stack-server:7.4.0-v6",
  "goharbor/redis-photon:v2.12.0",
  "apache/kvrocks:2.12.1",
  "falkordb/falkordb:v4.10",
  "falkordb/falkordb-server",
  "valkey/valkey-bundle:9",
  "percona/percona-valkey:8.1",
  "ghcr.io/dragonflydb/dragonfly-weekly:latest",
  "docker.dragonflydb.io/dragonflydb/dragonfly:v1.30.0",
  "quay.io/centos7/redis-6-centos7",
  "quay.io/sclorg/redis-7-c9s:latest",
  "registry.redhat.io/rhel8/redis-6:1",
  "registry:5000/eqalpha/keydb",
])("%s runs Redis", (image) => {
  expect(isRedisImage(image)).toBe(true);
});

test.for([
  "oliver006/redis_exporter:v1",
  "bitnami/redis-exporter:1",
  "bitnami/redis-sentinel:8",
  "rediscommander/redis-commander:latest",
  "redis/redisinsight:2",
  "quay.io/opstree/redis-operator:v0.20",
  "dragonflyoss/manager:v2",
  "dragonflydb/operator",
  "redis-proxy:1",
  "example.com/redis/web:1",
])("%s does not", (image) => {
  expect(isRedisImage(image)).toBe(false);
});
