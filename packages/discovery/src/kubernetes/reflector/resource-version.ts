const wellFormed = /^[1-9]\d*$/;

/**
 * Which of two resource versions is later: a positive number when the first is, 0 when they are the same, undefined when that
 * is not known. Versions are opaque, but decimal ones without leading zeros may be compared (KEP-5504; a promise since Kubernetes 1.35, and
 * true before, since they are etcd's revisions).
 */
export function compareVersions(one: string, other: string): number | undefined {
  if (one === other) return 0;
  if (!wellFormed.test(one) || !wellFormed.test(other)) return undefined;
  return one.length - other.length || (one > other ? 1 : -1);
}
