import {
  noTerminalHook,
  type ObjectStore,
  type StepRunner,
  WorkflowRuntime,
} from "@wf/core";
import {
  ObjectStoreQueue,
  type ObjectStoreQueueOptions,
} from "@wf/queue-object-store";

export async function open(
  store: ObjectStore,
  runner: StepRunner,
  options: Partial<ObjectStoreQueueOptions> = {},
) {
  // #region options
  const queue = await ObjectStoreQueue.open(store, {
    prefix: "queue",
    queues: {
      mail: {
        doneRetention: "1d", // default: removed when acknowledged
        deadRetention: "30d", // default: 7 days; or "forever"
      },
    },
    ...options,
  });
  const runtime = WorkflowRuntime.builder(queue, store, runner, noTerminalHook)
    .memoRetention("7d") // default: memo entries are kept
    .outcomeRetention("30d") // default: outcomes are not kept
    .build();
  // #endregion options
  return { queue, runtime };
}
