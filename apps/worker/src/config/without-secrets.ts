/** A URL as it may be shown: its password, and all values behind a `?`, are masked. */
export function withoutSecrets(url: string): string {
  return url
    .replace(/^([a-z]+:\/\/[^:@/]*):.*@/i, "$1:***@")
    .replaceAll(/([?&][^=&#]+)=(?!\{id\}(?:[&#]|$))[^&#]+/g, "$1=***");
}
