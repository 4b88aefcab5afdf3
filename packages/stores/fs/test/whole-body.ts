/** Bodies that tell who wrote them and whether they are whole. */
const BODY_BYTES = 64 * 1_024;

export function bodyOf(writer: number): Uint8Array {
  return new Uint8Array(BODY_BYTES).fill(writer);
}

/** Whose body it is; undefined where it is a part of one, or of several. */
export function writerOf(body: Uint8Array): number | undefined {
  const writer = body[0];
  return body.length === BODY_BYTES && body.every((byte) => byte === writer) ? writer : undefined;
}
