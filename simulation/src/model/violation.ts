/** Something that must never be was. */
export class Violation extends Error {
  constructor(message: string) {
    super(message);
    this.name = "Violation";
  }
}

export function violated(message: string): never {
  throw new Violation(message);
}

export function require(holds: boolean, message: () => string): asserts holds {
  if (!holds) throw new Violation(message());
}
