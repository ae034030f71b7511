import type { Profile } from "./profile.ts";

/** The name of a convention that is known. */
export type ProfileName =
  | "sap-redis"
  | "valkey-operator"
  | "hyperspike"
  | "ot"
  | "ot-cluster"
  | "spotahome"
  | "dragonfly"
  | "kubeblocks"
  | "redis-ha"
  | "stable-redis"
  | "argocd"
  | "harbor"
  | "keydb"
  | "valkey-helm"
  | "bitnami-valkey"
  | "bitnami-redis-cluster"
  | "bitnami-valkey-cluster"
  | "pascaliske-redis"
  | "groundhog2k-redis"
  | "groundhog2k-valkey"
  | "cloudpirates-redis"
  | "cloudpirates-valkey"
  | "bitnami-redis"
  | "redis-chart"
  | "redisgate"
  | "annotated"
  | "app-redis";

export type NamedProfile = Profile & { readonly name: ProfileName };
