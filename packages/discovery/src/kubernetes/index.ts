export type { EndpointRecord, PortRecord, ServiceRecord, SliceRecord } from "./objects.ts";
