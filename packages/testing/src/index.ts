export { BusyObjectStore } from "./busy-object-store.ts";
export type { ConformanceRunner, SkippableTest } from "./conformance/conformance-runner.ts";
export type {
  HeldRequest,
  ObjectStoreFaults,
  ObjectStoreSubject,
  OpenedObjectStore,
} from "./conformance/object-store/object-store-subject.ts";
export { objectStoreConformance } from "./conformance/object-store-conformance.ts";
export {
  type OpenedQueue,
  type QueueOpenOptions,
  type QueueSubject,
  queueConformance,
} from "./conformance/queue-conformance.ts";
export {
  type ConformanceReport,
  type ConformanceResult,
  type ConformanceRunOptions,
  runObjectStoreConformance,
} from "./conformance/run-object-store-conformance.ts";
export {
  type OpenedWorkflowParts,
  type WorkflowSubject,
  workflowConformance,
} from "./conformance/workflow-conformance.ts";
export {
  CountingObjectStore,
  type CountingObjectStoreOptions,
  type RequestCounts,
} from "./counting-object-store.ts";
export type {
  DelayRange,
  Fault,
  FaultRule,
  StoreOperation,
} from "./faulty-object-store/fault-rules.ts";
export {
  FaultyObjectStore,
  type FaultyStoreEvent,
} from "./faulty-object-store/faulty-object-store.ts";
export type { FaultyObjectStoreOptions } from "./faulty-object-store/faulty-options.ts";
export {
  type HttpAnswer,
  HttpFaultProxy,
  type HttpFaultProxyOptions,
} from "./http-fault-proxy.ts";
export { MemoryObjectStore, type MemoryObjectStoreOptions } from "./memory-object-store.ts";
export { MockClock, type MockClockOptions } from "./mock-clock.ts";
export { seededRandom } from "./seeded-random.ts";
