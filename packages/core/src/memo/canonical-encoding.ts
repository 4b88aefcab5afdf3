import { encode, rfc8949EncodeOptions } from "cborg";
import { describeError, WfError } from "../errors.ts";

const OPTIONS = { ...rfc8949EncodeOptions, ignoreUndefinedProperties: true };
const MAX_DEPTH = 500;

/**
 * `input` as deterministic CBOR (RFC 8949, section 4.2): the same bytes for equal values, whatever the
 * order of an object's keys. As in JavaScript and JSON, 1 and 1.0 are one number, 0 and -0 too, and a
 * property that is undefined is not there.
 *
 * Takes null, booleans, numbers, strings, Uint8Arrays, arrays, plain objects, and bigints of 64 bits, a
 * bigint being the same as the number of its value. Everything else is refused, because its encoding
 * would drop what tells two values apart.
 *
 * @throws WF_NOT_SERIALIZABLE naming the place in `input`
 */
export function canonicalEncoding(input: unknown): Uint8Array {
  const walk: Walk = { path: [], ancestors: [] };
  try {
    check(input, walk);
    return encode(input, OPTIONS);
  } catch (error) {
    if (WfError.is(error)) throw error;
    throw refusal(walk, `cannot be encoded: ${describeError(error)}`, error);
  }
}

interface Walk {
  /** Property names and indexes that lead to the value in hand. */
  readonly path: (string | number)[];
  readonly ancestors: object[];
}

function check(value: unknown, walk: Walk): void {
  switch (typeof value) {
    case "boolean":
    case "number":
      return;
    case "bigint":
      if (value >= -(2n ** 64n) && value < 2n ** 64n) return;
      throw refusal(walk, "is a bigint of more than 64 bits");
    case "string":
      if (value.isWellFormed()) return;
      throw refusal(walk, "is a string with half a surrogate pair");
    case "object":
      if (value !== null && !(value instanceof Uint8Array)) checkMembers(value, walk);
      return;
    default:
      throw refusal(walk, `is ${value === undefined ? "undefined" : `a ${typeof value}`}`);
  }
}

function checkMembers(value: object, walk: Walk): void {
  if (walk.ancestors.includes(value)) throw refusal(walk, "contains itself");
  if (walk.ancestors.length >= MAX_DEPTH) throw refusal(walk, `is over ${MAX_DEPTH} levels deep`);
  walk.ancestors.push(value);
  if (Array.isArray(value)) {
    // By index, because an array's own methods skip holes.
    for (let i = 0; i < value.length; i++) checkMember(i, value[i], walk);
  } else {
    checkPlain(value, walk);
    for (const name of Object.keys(value)) {
      if (!name.isWellFormed()) throw refusal(walk, "has a name with half a surrogate pair");
      const member = (value as Record<string, unknown>)[name];
      if (member !== undefined) checkMember(name, member, walk);
    }
  }
  walk.ancestors.pop();
}

function checkMember(name: string | number, member: unknown, walk: Walk): void {
  walk.path.push(name);
  check(member, walk);
  walk.path.pop();
}

function checkPlain(value: object, walk: Walk): void {
  const prototype: unknown = Object.getPrototypeOf(value);
  // The prototype of plain objects, of whatever realm, is the one that has none itself.
  const plain = prototype === null || Object.getPrototypeOf(prototype) === null;
  if (plain && Object.getOwnPropertySymbols(value).length === 0) return;
  const name = (value as { constructor?: { name?: unknown } }).constructor?.name;
  throw refusal(walk, plain ? "has symbol keys" : `is a ${String(name ?? "class instance")}`);
}

function refusal(walk: Walk, problem: string, cause?: unknown): WfError {
  const place = walk.path.map((name) => `[${JSON.stringify(name)}]`).join("");
  return new WfError(
    "WF_NOT_SERIALIZABLE",
    `input${place} ${problem}; a content key is made from null, booleans, numbers, 64-bit bigints, ` +
      `well-formed strings, Uint8Arrays, arrays and plain objects`,
    cause === undefined ? {} : { cause },
  );
}
