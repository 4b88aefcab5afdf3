import { StoreError, type WfErrorCode } from "@wf/core";

/** How far a call had come when it failed. */
export type Stage =
  /** Nothing was changed yet. */
  | "before"
  /** In the one call that makes an object visible (`link` or `rename`) or removes it (`unlink`). */
  | "change"
  /** The change was made and may not be durable. */
  | "after";

export interface FailedCall {
  /** What was being done, for the message: "put a/b". */
  readonly what: string;
  readonly stage: Stage;
  readonly key?: string;
  /** Where the error names no path of its own. */
  readonly path: string;
}

const PERMISSION = "the process needs permission to read, write and search the store's directories";
const FILE_SYSTEM =
  "all of the root must be on one file system, with hard links and fsync of directories";
const LAYOUT = "something that is no part of the store is in the way";

/**
 * What each error number means. One that is not here may be a failing disk or network: what it says about
 * the state is unknown, so in a change it makes the outcome unknown.
 */
const BY_ERRNO: Readonly<Record<string, readonly [code: WfErrorCode, advice: string]>> = {
  EACCES: ["WF_STORE_DENIED", PERMISSION],
  EPERM: ["WF_STORE_DENIED", PERMISSION],
  EROFS: ["WF_STORE_DENIED", "the file system is read-only: mount it writable"],
  EXDEV: ["WF_STORE_UNSUPPORTED", FILE_SYSTEM],
  ENOTSUP: ["WF_STORE_UNSUPPORTED", FILE_SYSTEM],
  EOPNOTSUPP: ["WF_STORE_UNSUPPORTED", FILE_SYSTEM],
  ENOSYS: ["WF_STORE_UNSUPPORTED", FILE_SYSTEM],
  EINVAL: ["WF_STORE_UNSUPPORTED", FILE_SYSTEM],
  ENAMETOOLONG: ["WF_STORE_UNSUPPORTED", "the path is too long: use a shorter root"],
  EEXIST: ["WF_STORE_UNSUPPORTED", LAYOUT],
  ENOTDIR: ["WF_STORE_UNSUPPORTED", LAYOUT],
  EISDIR: ["WF_STORE_UNSUPPORTED", LAYOUT],
  ELOOP: ["WF_STORE_UNSUPPORTED", LAYOUT],
  ENOENT: ["WF_STORE_UNAVAILABLE", "the store's directory has gone, or is not mounted"],
  ENOSPC: ["WF_STORE_UNAVAILABLE", "the disk is full: free some space"],
  EDQUOT: ["WF_STORE_UNAVAILABLE", "the disk quota is used up: free some space or raise it"],
  EMFILE: ["WF_STORE_UNAVAILABLE", "too many open files: raise the limit (ulimit -n)"],
  ENFILE: ["WF_STORE_UNAVAILABLE", "too many open files on this machine"],
  ENOMEM: ["WF_STORE_UNAVAILABLE", "the machine is out of memory"],
};

/** The `StoreError` for what the file system threw. What is no file system error is returned as it is. */
export function mapError(error: unknown, call: FailedCall): unknown {
  if (!isSystemError(error)) return error;
  const [code, advice] = meaning(error, call.stage);
  return new StoreError(
    code,
    `${call.what}: ${advice}; path ${error.path ?? call.path}: ${error.message}`,
    {
      cause: error,
      ...(call.key === undefined ? {} : { key: call.key }),
    },
  );
}

function meaning(error: NodeJS.ErrnoException, stage: Stage): readonly [WfErrorCode, string] {
  if (stage === "after") {
    return ["WF_STORE_OUTCOME_UNKNOWN", "the change was made but may not survive a power failure"];
  }
  // Linux answers EPERM where the file system has no hard links; a missing permission is EACCES (link(2)).
  if (error.syscall === "link" && error.code === "EPERM") {
    return ["WF_STORE_UNSUPPORTED", FILE_SYSTEM];
  }
  const known = BY_ERRNO[error.code as string];
  if (known) return known;
  return stage === "change"
    ? ["WF_STORE_OUTCOME_UNKNOWN", "the file system failed and the change may have been made"]
    : ["WF_STORE_UNAVAILABLE", "the file system failed"];
}

export function isSystemError(error: unknown, code?: string): error is NodeJS.ErrnoException {
  return (
    error instanceof Error &&
    "syscall" in error &&
    "code" in error &&
    (code === undefined || error.code === code)
  );
}
