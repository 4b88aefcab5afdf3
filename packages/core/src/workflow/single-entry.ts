/**
 * An object with one property. It has no prototype because V8 derives a hidden class from an ordinary
 * object for every key it has not seen, which costs over a microsecond a step.
 */
export function singleEntry<T>(key: string, value: T): Readonly<Record<string, T>> {
  const object: Record<string, T> = Object.create(null);
  object[key] = value;
  return object;
}
