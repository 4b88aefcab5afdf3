export type { ConformanceRunner, SkippableTest } from "./conformance/conformance-runner.ts";
export {
  type ObjectStoreSubject,
  type OpenedObjectStore,
  objectStoreConformance,
} from "./conformance/object-store-conformance.ts";
export type { QueueSettings } from "./conformance/queue/queue-case.ts";
export {
  type OpenedQueue,
  type QueueOpenOptions,
  type QueueSubject,
  queueConformance,
} from "./conformance/queue-conformance.ts";
export {
  type OpenedWorkflowParts,
  type WorkflowSubject,
  workflowConformance,
} from "./conformance/workflow-conformance.ts";
export { MemoryObjectStore, type MemoryObjectStoreOptions } from "./memory-object-store.ts";
export { MockClock, type MockClockOptions } from "./mock-clock.ts";
export { seededRandom } from "./seeded-random.ts";
