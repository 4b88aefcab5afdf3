/**
 * For those who write a store or a queue: the checks that every adapter makes in the same words, the sending
 * of requests to a store behind a network, and the frame around stored objects. Applications need nothing of this.
 */
export { Alarm } from "./alarm.ts";
export {
  checkBoolean,
  checkFunction,
  checkList,
  checkMethods,
  checkObject,
  checkOptions,
  checkSignal,
  checkText,
  type OptionNames,
  show,
} from "./argument-checks.ts";
export { checkClock, checkLogger, checkObjectStore, checkRandom } from "./component-checks.ts";
export { type Backoff, backoffMs, DEFAULT_BACKOFF, resolveBackoff } from "./queue/backoff.ts";
export {
  checkBytes,
  checkCallOptions,
  checkEffects,
  checkEnqueue,
  checkId,
  checkInteger,
  checkKvKey,
  checkKvValue,
  checkQueueName,
  checkWake,
  MAX_EFFECTS,
  MAX_KV_KEY_BYTES,
  MAX_KV_VALUE_BYTES,
} from "./queue/checks.ts";
export { type ResolvedClaimOptions, resolveClaimOptions } from "./queue/claim-options.ts";
export { CommittedKeyValue } from "./queue/committed-key-value.ts";
export { pageLimit } from "./queue/page.ts";
export {
  DEFAULT_QUEUE_CONFIG,
  type ResolvedQueueConfig,
  resolveQueueConfigs,
} from "./queue/queue-config.ts";
export {
  type BucketLimits,
  type BucketSettings,
  type BucketStoreOptions,
  resolveBucketOptions,
} from "./store/bucket-options.ts";
export {
  type BucketRequest,
  BucketRequests,
  type BucketRequestsOptions,
  isWrite,
  type StoreOperation,
} from "./store/bucket-requests.ts";
export {
  checkDelete,
  checkedKeys,
  checkGet,
  checkListing,
  checkObjectSize,
  checkPut,
  checkRange,
} from "./store/checks.ts";
export {
  decodeFrame,
  encodeFrame,
  FRAME_HEADER_BYTES,
  type FrameKind,
  writeFrameHeader,
} from "./store/frame.ts";
export { foreignFailure, networkFailure, statusFailure } from "./store/http-failure.ts";
export { batchesOf, inParallel } from "./store/in-parallel.ts";
export {
  type ListedPage,
  type Listing,
  type ListQuery,
  listByPages,
} from "./store/list-by-pages.ts";
export { checkKeyPrefix, checkObjectKey, MAX_KEY_BYTES } from "./store/object-key.ts";
export {
  type RequestFailure,
  RequestPolicy,
  type RequestPolicyOptions,
  retryAfterMs,
  type StoreCall,
} from "./store/request-policy.ts";
