import type { ByteReader } from "./byte-reader.ts";
import type { ByteWriter } from "./byte-writer.ts";
import { decodeNewJob, encodeNewJob } from "./job-codec.ts";
import { type Op, OpTag, type ReleaseReason } from "./op.ts";

const RELEASE_REASONS: readonly ReleaseReason[] = ["lease_expired", "interrupted"];

export function encodeOp(writer: ByteWriter, op: Op): void {
  writer.byte(op.tag);
  switch (op.tag) {
    case OpTag.enqueue:
      return encodeNewJob(writer, op.job);
    case OpTag.put:
      writer.string(op.key);
      return writer.bytes(op.value);
    case OpTag.delete:
      return writer.string(op.key);
  }
  writer.string(op.id);
  switch (op.tag) {
    case OpTag.remove:
    case OpTag.requestCancel:
      return;
  }
  writer.uint(op.at);
  switch (op.tag) {
    case OpTag.done:
      return writer.byte(op.keep ? 1 : 0);
    case OpTag.retry:
      writer.string(op.error);
      return writer.uint(op.runAt);
    case OpTag.release:
      return writer.byte(RELEASE_REASONS.indexOf(op.reason));
    case OpTag.dead:
      return writer.string(op.error);
    case OpTag.wake:
      writer.byte(op.payload === undefined ? 0 : 1);
      if (op.payload !== undefined) writer.bytes(op.payload);
  }
}

/** @throws RangeError for bytes that are no op */
export function decodeOp(reader: ByteReader): Op {
  const tag = reader.byte();
  switch (tag) {
    case OpTag.enqueue:
      return { tag, job: decodeNewJob(reader) };
    case OpTag.claim:
      return { tag, id: reader.string(), at: reader.uint() };
    case OpTag.done:
      return { tag, id: reader.string(), at: reader.uint(), keep: reader.byte() === 1 };
    case OpTag.retry:
      return {
        tag,
        id: reader.string(),
        at: reader.uint(),
        error: reader.string(),
        runAt: reader.uint(),
      };
    case OpTag.release:
      return { tag, id: reader.string(), at: reader.uint(), reason: decodeReason(reader.byte()) };
    case OpTag.dead:
      return { tag, id: reader.string(), at: reader.uint(), error: reader.string() };
    case OpTag.remove:
    case OpTag.requestCancel:
      return { tag, id: reader.string() };
    case OpTag.wake: {
      const id = reader.string();
      const at = reader.uint();
      return { tag, id, at, payload: reader.byte() === 1 ? reader.bytes() : undefined };
    }
    case OpTag.requeue:
      return { tag, id: reader.string(), at: reader.uint() };
    case OpTag.put:
      return { tag, key: reader.string(), value: reader.bytes() };
    case OpTag.delete:
      return { tag, key: reader.string() };
    default:
      throw new RangeError(`there is no op ${tag}`);
  }
}

function decodeReason(stored: number): ReleaseReason {
  const reason = RELEASE_REASONS[stored];
  if (reason === undefined) throw new RangeError(`there is no release reason ${stored}`);
  return reason;
}
