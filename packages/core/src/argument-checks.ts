import { WfError } from "./errors.ts";

/** Of a value in a message, in UTF-16 units: one bad value cannot fill a log. */
const MAX_SHOWN = 100;

/** A value for a message, cut. Never fails, whatever the value. */
export function show(value: unknown): string {
  const text = textOf(value);
  return text.length > MAX_SHOWN ? `${text.slice(0, MAX_SHOWN)}…` : text;
}

function textOf(value: unknown): string {
  switch (typeof value) {
    case "string":
      return JSON.stringify(value.slice(0, MAX_SHOWN));
    case "bigint":
      return `${value}n`;
    case "function":
      return "a function";
    case "object":
      // An object's own text may be long, or fail.
      return value === null ? "null" : Object.prototype.toString.call(value);
    default:
      return String(value);
  }
}

/** @throws WF_INVALID_ARGUMENT where `value` is no object with fields */
export function checkObject(value: object, name: string): void {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return;
  throw invalid(name, value, "an object");
}

/** The names that an options object may have. Made from the type, so that none is forgotten. */
export type OptionNames<T extends object> = Readonly<Record<keyof T, true>>;

/**
 * Checks that options are an object without a name that is none of theirs, lest a misspelt one be without effect.
 * One that is undefined counts as not given.
 *
 * @throws WF_INVALID_ARGUMENT
 */
export function checkOptions<T extends object>(
  options: T,
  name: string,
  names: OptionNames<T>,
): void {
  checkObject(options, name);
  for (const [given, value] of Object.entries(options)) {
    if (value === undefined || Object.hasOwn(names, given)) continue;
    throw new WfError(
      "WF_INVALID_ARGUMENT",
      `${name} has ${show(given)}, which is no option: there are ${Object.keys(names).join(", ")}`,
    );
  }
}

/** @throws WF_INVALID_ARGUMENT where `value` is no array */
export function checkList(value: readonly unknown[], name: string): void {
  if (!Array.isArray(value)) throw invalid(name, value, "an array");
}

/** @throws WF_INVALID_ARGUMENT where `value` is no string */
export function checkText(value: string, name: string): void {
  if (typeof value !== "string") throw invalid(name, value, "a string");
}

/** @throws WF_INVALID_ARGUMENT where `value` is neither true nor false */
export function checkBoolean(value: boolean, name: string): void {
  if (typeof value !== "boolean") throw invalid(name, value, "true or false");
}

/** @throws WF_INVALID_ARGUMENT where `value` is no function */
export function checkFunction(value: unknown, name: string): void {
  if (typeof value !== "function") throw invalid(name, value, "a function");
}

/**
 * Checks that `value` has what is called on it.
 *
 * @param wanted what to give, for the message
 * @throws WF_INVALID_ARGUMENT
 */
export function checkMethods(
  value: unknown,
  name: string,
  methods: readonly string[],
  wanted: string,
): void {
  const candidate = value as Readonly<Record<string, unknown>> | null | undefined;
  const missing = methods.find((method) => typeof candidate?.[method] !== "function");
  if (missing === undefined) return;
  throw new WfError(
    "WF_INVALID_ARGUMENT",
    `${name} is ${show(value)} and has no method "${missing}": give ${wanted}`,
  );
}

/** @throws WF_INVALID_ARGUMENT where `signal` is given and is no AbortSignal */
export function checkSignal(signal: AbortSignal | undefined, name = "signal"): void {
  if (signal === undefined || typeof signal?.throwIfAborted === "function") return;
  throw invalid(name, signal, "an AbortSignal");
}

function invalid(name: string, value: unknown, wanted: string): WfError {
  return new WfError("WF_INVALID_ARGUMENT", `${name} is ${show(value)}: give ${wanted}`);
}
