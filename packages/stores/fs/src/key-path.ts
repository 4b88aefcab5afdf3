import { checkObjectKey } from "@wf/core/adapter";

/**
 * How keys become paths below the root. Each segment is one file name:
 *
 *     key            path
 *     log/1/a        log/1/a+          an object's name ends in `+`, so `a` and `a/b` can both exist
 *     log/1          log/1+
 *     Ab/README      ab,1/readme+v1    names are lower case; which letters are capitals follows the mark
 *
 * Names are in lower case because macOS and Windows take `A` and `a` for the same file. The capitals are
 * noted as one bit per character, five to a digit of base 32, lowest first, without trailing zeros: so a
 * segment of 200 bytes makes a name of at most 241, where file systems allow 255. Keys hold neither `+` nor
 * `,`, so the mapping is reversible, and a name that starts with one of them never belongs to a key.
 */
const OBJECT_MARK = "+";
const CAPITALS_MARK = ",";

const BITS_PER_DIGIT = 5;
const DIGIT_RADIX = 2 ** BITS_PER_DIGIT;

const OBJECT_NAME = /^([a-z0-9._=-]+)\+([0-9a-v]*)$/;
const DIRECTORY_NAME = /^([a-z0-9._=-]+)(?:,([0-9a-v]+))?$/;

/** The path of the object at `key`, relative to the root. `key` has been checked. */
export function objectPath(key: string): string {
  const end = key.lastIndexOf("/") + 1;
  return directoryPath(key.slice(0, end)) + objectName(key.slice(end));
}

/** The relative path of the directory for keys that start with `keyPrefix`, which is "" or ends in "/". */
export function directoryPath(keyPrefix: string): string {
  if (!hasCapitals(keyPrefix)) return keyPrefix;
  return keyPrefix.split("/").map(directoryName).join("/");
}

/** The segment that the file `name` stands for; undefined where it is not one of ours. */
export function objectSegment(name: string): string | undefined {
  const match = OBJECT_NAME.exec(name);
  return match ? decoded(match, name, objectName) : undefined;
}

/** The segment that the directory `name` stands for; undefined where it is not one of ours. */
export function directorySegment(name: string): string | undefined {
  const match = DIRECTORY_NAME.exec(name);
  return match ? decoded(match, name, directoryName) : undefined;
}

function objectName(segment: string): string {
  return segment.toLowerCase() + OBJECT_MARK + capitals(segment);
}

function directoryName(segment: string): string {
  const mask = capitals(segment);
  return mask === "" ? segment : segment.toLowerCase() + CAPITALS_MARK + mask;
}

function hasCapitals(text: string): boolean {
  return /[A-Z]/.test(text);
}

function capitals(segment: string): string {
  if (!hasCapitals(segment)) return "";
  let mask = "";
  for (let start = 0; start < segment.length; start += BITS_PER_DIGIT) {
    let digit = 0;
    for (let bit = 0; bit < BITS_PER_DIGIT; bit++) {
      if (hasCapitals(segment.charAt(start + bit))) digit |= 1 << bit;
    }
    mask += digit.toString(DIGIT_RADIX);
  }
  return mask.replace(/0+$/, "");
}

function decoded(
  [, lower = "", mask = ""]: readonly string[],
  name: string,
  encode: (segment: string) => string,
): string | undefined {
  let segment = "";
  for (let i = 0; i < lower.length; i++) {
    const digit = Number.parseInt(mask.charAt(Math.floor(i / BITS_PER_DIGIT)) || "0", DIGIT_RADIX);
    const isCapital = (digit >> (i % BITS_PER_DIGIT)) & 1;
    segment += isCapital ? lower.charAt(i).toUpperCase() : lower.charAt(i);
  }
  // Only what we would write ourselves is ours: another name for the same key would list it twice.
  return isSegment(segment) && encode(segment) === name ? segment : undefined;
}

/** Not what no key has, such as `..`, or more than 200 bytes. */
function isSegment(segment: string): boolean {
  try {
    checkObjectKey(segment);
    return true;
  } catch {
    return false;
  }
}
