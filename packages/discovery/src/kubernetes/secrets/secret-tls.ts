/** What a Secret of certificates holds, in PEM. */
export interface SecretTls {
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
}
