/** What the example of a README needs to run: a server, and how to find it. */
export interface Service {
  readonly env: Readonly<Record<string, string>>;
  stop(): Promise<void>;
}

/** By the name of the package. */
export async function startServices(): Promise<Map<string, Service>> {
  return new Map();
}
