/** RFC 1123: what may be the name of an instance, a group or a namespace. */
export const dnsLabel: RegExp = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;
