import path from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { type ObjectStore, WfError } from "@wf/core";

/** What {@link openStore} takes, for a usage text. */
export const STORE_URLS = `file:DIRECTORY
s3://BUCKET/PREFIX     with ?region=NAME, and ?endpoint=URL for a store that is compatible with S3
gs://BUCKET/PREFIX     with ?endpoint=URL for an emulator
az://CONTAINER/PREFIX  with ?account=URL, or AZURE_STORAGE_CONNECTION_STRING in the environment`;

/**
 * The store that `url` names. Credentials come from where the store's own SDK looks for them. Each store's
 * package is loaded only when a URL asks for it.
 *
 * @throws WF_INVALID_ARGUMENT for a URL that names no store
 */
export async function openStore(url: string): Promise<ObjectStore> {
  const parsed = parse(url);
  switch (parsed.protocol) {
    case "file:":
      return openDirectory(parsed);
    case "s3:":
      return openS3(parsed);
    case "gs:":
      return openGcs(parsed);
    case "az:":
      return openAzure(parsed);
    default:
      throw invalid(url, "it is no URL of a store");
  }
}

/** The URL of the store at `below`, names joined by "/", inside of that of `url`. */
export function storeUrlBelow(url: string, below: string): string {
  const parsed = parse(url);
  parsed.pathname = path.posix.join(parsed.pathname || "/", below);
  return parsed.href;
}

/** `url`, a directory in it taken from `from`: `file:work/store` says where by a relative path. */
export function absoluteStoreUrl(url: string, from: string): string {
  if (!url.startsWith("file:") || url.startsWith("file:/")) return url;
  return pathToFileURL(path.resolve(from, url.slice("file:".length))).href;
}

async function openDirectory(url: URL): Promise<ObjectStore> {
  const { FileSystemObjectStore } = await import("@wf/store-fs");
  return new FileSystemObjectStore({ root: fileURLToPath(url) });
}

async function openS3(url: URL): Promise<ObjectStore> {
  const { S3ObjectStore } = await import("@wf/store-s3");
  const endpoint = url.searchParams.get("endpoint");
  const region = url.searchParams.get("region");
  return new S3ObjectStore({
    bucket: url.host,
    ...prefixOf(url),
    ...(region === null ? {} : { region }),
    // A server at an address of its own has no host name for each bucket.
    ...(endpoint === null ? {} : { endpoint, forcePathStyle: true }),
  });
}

async function openGcs(url: URL): Promise<ObjectStore> {
  const { GcsObjectStore } = await import("@wf/store-gcs");
  const endpoint = url.searchParams.get("endpoint");
  return new GcsObjectStore({
    bucket: url.host,
    ...prefixOf(url),
    ...(endpoint === null ? {} : { apiEndpoint: endpoint }),
  });
}

async function openAzure(url: URL): Promise<ObjectStore> {
  const { AzureBlobObjectStore } = await import("@wf/store-azure");
  const account = url.searchParams.get("account");
  const connectionString = process.env["AZURE_STORAGE_CONNECTION_STRING"];
  if (account === null && connectionString === undefined) {
    throw invalid(url.href, "give ?account=URL, or AZURE_STORAGE_CONNECTION_STRING");
  }
  return new AzureBlobObjectStore({
    container: url.host,
    ...prefixOf(url),
    ...(account === null ? { connectionString: connectionString as string } : { url: account }),
  });
}

function prefixOf(url: URL): { prefix?: string } {
  const prefix = url.pathname.replace(/^\/+|\/+$/g, "");
  return prefix === "" ? {} : { prefix };
}

function parse(url: string): URL {
  const parsed = URL.parse(absoluteStoreUrl(url, process.cwd()));
  if (parsed === null) throw invalid(url, "it is no URL");
  if (parsed.protocol !== "file:" && parsed.host === "") throw invalid(url, "it names no bucket");
  return parsed;
}

function invalid(url: string, problem: string): WfError {
  return new WfError(
    "WF_INVALID_ARGUMENT",
    `store ${JSON.stringify(url)}: ${problem}; give one of\n${STORE_URLS}`,
  );
}
