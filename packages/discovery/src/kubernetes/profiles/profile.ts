/**
 * What a Service is within its release. `primary` and `replicas` select by role, which hints the role of their endpoints; `all`
 * and `headless` do not; `sentinel` is where Sentinels listen; `ignore` is nothing of ours (metrics, proxies).
 */
export type ServiceKind = "primary" | "replicas" | "all" | "headless" | "sentinel" | "ignore";

/** A regular expression that must match the whole text, as in Prometheus. */
type Pattern = string;

/**
 * Text with variables: `{namespace}`, `{service}`, `{instance}`, `{full}` (what the pattern of the Service's rule captured, else
 * its name), `{username}`, `{label:NAME}`, `{annotation:NAME}`. Where one of them is unknown, the whole text is not there.
 */
type Template = string;

/** Patterns by label; each label must be there. */
export type LabelPatterns = Readonly<Record<string, Pattern>>;

/** Something that a Service of a release shows only where one certain chart made it. All that is said must hold of one Service. */
export interface Sign {
  /** The chart with its version, as `helm.sh/chart` says. Signs with it are looked for first, in every profile. */
  readonly chart?: Pattern;
  /** The name of the Service. */
  readonly name?: Pattern;
  /** Values of labels; an empty pattern: the label must not be there. */
  readonly labels?: LabelPatterns;
  /** The name, or the number, of one of its ports. */
  readonly port?: Pattern;
  /** The `appProtocol` of one of its ports. */
  readonly appProtocol?: string;
}

/** How Services are classified; the first rule of a profile that holds decides, and none means `all`. */
export interface ServiceRule {
  readonly kind: ServiceKind;
  /** The name of the Service. What a group in it captures becomes `{full}`. */
  readonly name?: Pattern;
  /** Values of labels that must be there. */
  readonly labels?: LabelPatterns;
}

/** A step of rewriting, after Prometheus' `relabel_config` with the same meaning and defaults. */
export interface RelabelRule {
  /** `__meta_kubernetes_namespace`, `__meta_kubernetes_service_name`, `..._service_label_NAME` and so on, or what a rule before set. */
  readonly sourceLabels?: readonly string[];
  /** Between the values of several source labels. @default ";" */
  readonly separator?: string;
  /** @default "(.*)" */
  readonly regex?: Pattern;
  /** Where a replacement goes; required by `replace`. */
  readonly targetLabel?: string;
  /** `$1` or `${1}` is what the first group captured. Nothing takes the target away. @default "$1" */
  readonly replacement?: string;
  /** @default "replace" */
  readonly action?: "replace" | "keep" | "drop" | "labelmap";
}

/** A convention by which Redis is run on Kubernetes: how its Services are recognised, and what follows from them. */
export interface Profile {
  /** As it stands on instances and in metrics; unique in a source. */
  readonly name: string;
  /** Values of labels that a Service must have; of a list, those of one entry. @default any Service */
  readonly labels?: LabelPatterns | readonly LabelPatterns[];
  /**
   * Makes it the profile of a Helm chart. Charts of Redis share the labels of `app.kubernetes.io`, so that no Service alone says which
   * of them made it: the Services of one release are looked at together, and belong to the first profile one of whose signs shows.
   */
  readonly signs?: readonly Sign[];
  /** The name, or the number, that one of its ports must have. @default any */
  readonly port?: Pattern;
  /**
   * Rules that run before everything else. What they set counts as an annotation `fleet.dev/...` of the same name would (with `_`
   * for `-`), and is weaker than one; any other label without `__` in front becomes a label of the instance.
   */
  readonly relabel?: readonly RelabelRule[];
  /** The instance that a Service belongs to: the first text that is there. @default what the rules set as `instance` */
  readonly instance?: Template | readonly Template[];
  /** What of that text is the name; its first group. @default all of it */
  readonly instancePattern?: Pattern;
  /**
   * What distinguishes several of one name in one namespace, as in an umbrella chart with two of them: each is then called
   * `INSTANCE-PART`. @default the profile's name
   */
  readonly part?: Template;
  /** `false`: each Service is an instance of its own. @default true */
  readonly grouped?: boolean;
  readonly services?: readonly ServiceRule[];
  /** The port of the process where no Service names it. */
  readonly containerPort?: number;
  /** Where a service binding is: the name of a Secret with the key `password`. */
  readonly binding?: Template;
  /** Where the password is: `NAME/KEY` of a Secret, the first that exists. */
  readonly passwords?: readonly Template[];
  /** The name of the Secret with the certificates. It is only used where something says that the instance speaks TLS. */
  readonly tlsSecret?: Template;
  /** Numbers of ports that speak TLS, beside those that are named so. */
  readonly tlsPorts?: readonly number[];
  /** What its Sentinels call it. @default "mymaster" */
  readonly sentinelMaster?: Template;
  /** Its keys are spread over the slots of a Redis Cluster. @default where a port of the cluster bus shows */
  readonly cluster?: true;
}
