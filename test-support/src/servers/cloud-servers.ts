import { startAzureServer } from "./azure-server.ts";
import { startGcsServer } from "./gcs-server.ts";
import type { LoopbackServer, StartOptions, Unavailable } from "./loopback-server.ts";
import { startS3Server } from "./s3-server.ts";

/** A cloud that has a server to test against. */
export interface Cloud {
  /** The package of its store. */
  readonly store: string;
  /** Of the URLs that name its buckets in the examples: "s3". */
  readonly scheme: string;
  start(options?: StartOptions): Promise<LoopbackServer | Unavailable>;
}

export const CLOUDS: readonly Cloud[] = [
  { store: "@wf/store-s3", scheme: "s3", start: startS3Server },
  { store: "@wf/store-gcs", scheme: "gs", start: startGcsServer },
  { store: "@wf/store-azure", scheme: "az", start: startAzureServer },
];
