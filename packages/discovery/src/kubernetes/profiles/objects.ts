/** What is kept of a Service: about a quarter of the memory of the whole object. */
export interface ServiceRecord {
  readonly uid: string;
  readonly namespace: string;
  readonly name: string;
  /** Milliseconds since 1970. */
  readonly createdAt: number;
  readonly labels: Readonly<Record<string, string>>;
  /** Only those that a profile reads. */
  readonly annotations: Readonly<Record<string, string>>;
  readonly type: string;
  readonly clusterIp?: string;
  readonly externalName?: string;
  readonly ports: readonly PortRecord[];
  /** The labels of the Pods that it selects. */
  readonly selector?: Readonly<Record<string, string>>;
}

export interface PortRecord {
  readonly name?: string;
  readonly port: number;
  /** Absent means TCP. */
  readonly protocol?: string;
  /** `redis` where the chart says what the port speaks. */
  readonly appProtocol?: string;
}

/** What is kept of an EndpointSlice (discovery.k8s.io/v1). */
export interface SliceRecord {
  readonly uid: string;
  readonly namespace: string;
  readonly name: string;
  /** The label `kubernetes.io/service-name`. */
  readonly service: string;
  /** The uid of the Service that the controller made it for; its namesake of another time is another Service. */
  readonly owner?: string;
  readonly addressType: string;
  /** Port numbers are those of the Pods. */
  readonly ports: readonly PortRecord[];
  readonly endpoints: readonly EndpointRecord[];
}

export interface EndpointRecord {
  /** The first of its addresses: they are interchangeable, and one process behind them is one endpoint. */
  readonly address: string;
  readonly ready: boolean;
  readonly serving: boolean;
  readonly terminating: boolean;
  readonly zone?: string;
  readonly pod?: { readonly name: string; readonly uid: string };
}
