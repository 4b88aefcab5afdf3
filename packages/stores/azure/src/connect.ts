import {
  BlobServiceClient,
  type ContainerClient,
  isPipelineLike,
  newPipeline,
} from "@azure/storage-blob";
import { describeError, WfError } from "@wf/core";
import { defaultCredential } from "./default-credential.ts";
import type { AzureBlobCredential, AzureBlobObjectStoreOptions } from "./options.ts";

/** The store repeats requests itself. One try, and thereby never at a secondary host. */
const NO_RETRIES = { maxTries: 1 };

/**
 * The client of the container, without retries of its own. Sends nothing.
 *
 * @throws WF_INVALID_ARGUMENT naming the option; never with its value, which may hold a secret
 */
export function connect(options: AzureBlobObjectStoreOptions): ContainerClient {
  const { container, client, connectionString, url } = options;
  const given = [client, connectionString, url].filter((option) => option !== undefined);
  if (given.length !== 1) {
    throw invalid(
      `${given.length} of client, connectionString and url are given: give exactly one of them`,
    );
  }
  if (options.credential !== undefined && url === undefined) {
    throw invalid("credential is given without url: client and connectionString have their own");
  }
  if (options.credential !== undefined) checkCredential(options.credential);
  if (client !== undefined) return withoutRetries(containerOf(client, container));
  const service =
    connectionString === undefined ? ofUrl(options) : ofConnectionString(connectionString);
  return service.getContainerClient(container);
}

function ofConnectionString(connectionString: string): BlobServiceClient {
  try {
    return BlobServiceClient.fromConnectionString(connectionString, { retryOptions: NO_RETRIES });
  } catch (cause) {
    throw invalid(
      `connectionString is none of a storage account: ${describeError(cause)}: copy it from there`,
      cause,
    );
  }
}

function ofUrl({ url: text, container, credential }: AzureBlobObjectStoreOptions) {
  const url = typeof text === "string" && URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol)) {
    throw invalid("url is no URL: give a URL like https://ACCOUNT.blob.core.windows.net");
  }
  // Emulators have the account in the path.
  if (url.pathname.split("/").includes(container)) {
    throw invalid(
      `url has the path ${url.pathname}: give that of the account, without the container`,
    );
  }
  if (url.searchParams.has("sig")) {
    if (credential !== undefined) {
      throw invalid("credential and a SAS in url are both given: give one of them");
    }
    return new BlobServiceClient(url.href, undefined, { retryOptions: NO_RETRIES });
  }
  const used = credential ?? defaultCredential();
  if ("getToken" in used && url.protocol !== "https:") {
    throw invalid("url is http, over which no token is sent: use https, a key or a SAS");
  }
  return new BlobServiceClient(url.href, used, { retryOptions: NO_RETRIES });
}

/** What the client would call: a token's `getToken`, or what makes a policy of a key. */
function checkCredential(credential: AzureBlobCredential): void {
  const { getToken, create } = Object(credential) as Partial<Record<string, unknown>>;
  if (typeof getToken === "function" || typeof create === "function") return;
  throw invalid(
    "credential is none of @azure/storage-blob or @azure/identity: make it by one of their classes",
  );
}

function containerOf(
  client: BlobServiceClient | ContainerClient,
  container: string,
): ContainerClient {
  if (typeof client !== "object" || client === null) throw foreignClient();
  const found = "getContainerClient" in client ? client.getContainerClient(container) : client;
  if (found.containerName === container) return found;
  if (found.containerName === undefined) throw foreignClient();
  throw invalid(
    `client is of the container ${JSON.stringify(found.containerName)} and container is ` +
      `${JSON.stringify(container)}: give the same`,
  );
}

/**
 * A client like `client` that tries once. Made by the class of `client`, which may be of another copy of
 * `@azure/storage-blob` and then knows its own credentials only.
 */
function withoutRetries(client: ContainerClient): ContainerClient {
  const { pipeline } = client as unknown as { readonly pipeline: unknown };
  if (!isPipelineLike(pipeline)) throw foreignClient();
  const once = newPipeline(client.credential, { ...pipeline.options, retryOptions: NO_RETRIES });
  once.factories.push(...pipeline.factories);
  return new (client.constructor as typeof ContainerClient)(client.url, once);
}

function foreignClient(): WfError {
  return invalid("client is no BlobServiceClient or ContainerClient of @azure/storage-blob 12");
}

function invalid(message: string, cause?: unknown): WfError {
  return new WfError("WF_INVALID_ARGUMENT", message, cause === undefined ? {} : { cause });
}
