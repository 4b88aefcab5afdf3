import { S3Client, type S3ClientConfig } from "@aws-sdk/client-s3";
import { WfError } from "@wf/core";
import { show } from "@wf/core/adapter";
import type { S3ObjectStoreOptions } from "./options.ts";

/** The SDK's own 50 would make a queue's reads wait behind its writes and removals. */
const AGENT = { keepAlive: true, maxSockets: 256 };

/** Options that are no settings of a client. */
const OF_THE_STORE: ReadonlySet<string> = new Set([
  ...["bucket", "prefix", "maxObjectBytes", "listPageSize", "client"],
  ...["requestTimeout", "maxAttempts", "retryBackoff", "clock", "random"],
]);

/**
 * The client that was given, or one made from the options. Sends nothing.
 *
 * @throws WF_INVALID_ARGUMENT naming the option
 */
export function connect(options: S3ObjectStoreOptions): S3Client {
  const settings = Object.entries(options).filter(
    ([name, value]) => !OF_THE_STORE.has(name) && value !== undefined,
  );
  if (options.client === undefined) return newClient(Object.fromEntries(settings));
  if (typeof options.client?.send !== "function") {
    throw new WfError("WF_INVALID_ARGUMENT", "client is no S3Client of @aws-sdk/client-s3");
  }
  if (settings.length > 0) {
    throw new WfError(
      "WF_INVALID_ARGUMENT",
      `client and ${settings[0]?.[0]} are both given: set ${settings[0]?.[0]} where the client is made`,
    );
  }
  return options.client;
}

function newClient(settings: S3ClientConfig): S3Client {
  const { endpoint, requestHandler } = settings;
  if (endpoint !== undefined && !isEndpoint(endpoint)) {
    throw new WfError(
      "WF_INVALID_ARGUMENT",
      `endpoint is ${show(endpoint)}: give a URL like https://s3.example.com`,
    );
  }
  const client = new S3Client({
    // Above 2 MiB the SDK would ask first, and open a connection for each such request.
    expectContinueHeader: false,
    ...settings,
    requestHandler: withAgents(requestHandler),
    maxAttempts: 1,
  });
  leaveOutChecksumsElsewhere(client, settings);
  return client;
}

/** A URL, or one in parts or from a function, as the SDK takes it. */
function isEndpoint(endpoint: unknown): boolean {
  if (typeof endpoint === "string") return /^https?:\/\/[^/]/.test(endpoint);
  return typeof endpoint === "function" || (typeof endpoint === "object" && endpoint !== null);
}

/**
 * Stores that are not Amazon's may refuse the checksums that the SDK adds of its own accord, or send one that does
 * not fit. They are known by their endpoint: an option, a variable of the environment, a line of a shared file.
 */
function leaveOutChecksumsElsewhere({ config }: S3Client, settings: S3ClientConfig): void {
  const isElsewhere = async () =>
    settings.endpoint !== undefined ||
    (!config.ignoreConfiguredEndpointUrls &&
      (await config.serviceConfiguredEndpoint?.()) !== undefined);
  for (const name of ["requestChecksumCalculation", "responseChecksumValidation"] as const) {
    if (settings[name] !== undefined) continue;
    const usual = config[name];
    config[name] = async () => ((await isElsewhere()) ? "WHEN_REQUIRED" : usual());
  }
}

type Handler = S3ClientConfig["requestHandler"];

/** A handler that is given ready is left as it is; its options get what they do not say themselves. */
function withAgents(handler: Handler): NonNullable<Handler> {
  if (handler !== undefined && "handle" in handler) return handler;
  return { httpAgent: AGENT, httpsAgent: AGENT, ...handler };
}
