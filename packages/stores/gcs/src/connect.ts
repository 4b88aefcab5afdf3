import { Storage, type StorageOptions } from "@google-cloud/storage";
import { WfError } from "@wf/core";
import { show } from "@wf/core/adapter";
import { UNUSED_STORAGE_OPTIONS } from "./options.ts";
import type { Authenticator } from "./send-request.ts";

export interface Connection {
  /** `https://storage.googleapis.com`, without a slash at the end. */
  readonly endpoint: string;
  /** What adds credentials to the requests; undefined where they go without. */
  readonly authenticator: Authenticator | undefined;
}

/**
 * The connection that a given client or given options stand for.
 *
 * Credentials go along as `Storage` itself sends them: to the default endpoint always, to a custom one only
 * with `useAuthWithCustomEndpoint`. `STORAGE_EMULATOR_HOST` is taken as `apiEndpoint` where none is given,
 * with `http://` where it has no scheme.
 *
 * @throws WF_INVALID_ARGUMENT
 */
export function connect(storage: Storage | undefined, options: StorageOptions): Connection {
  const { apiEndpoint, customEndpoint, useAuthWithCustomEndpoint, authClient } =
    storage === undefined ? newStorage(options) : givenStorage(storage, options);
  const endpoint = baseUrl(apiEndpoint);
  if (!/^https?:\/\/[^/]/.test(endpoint) || !URL.canParse(endpoint)) throw badEndpoint(apiEndpoint);
  const isAuthenticated = !customEndpoint || useAuthWithCustomEndpoint === true;
  return { endpoint, authenticator: isAuthenticated ? authClient : undefined };
}

function newStorage(options: StorageOptions): Storage {
  for (const name of UNUSED_STORAGE_OPTIONS) {
    if (options[name] !== undefined) {
      throw invalid(
        `${name} is given, which has no effect here: see requestTimeout, maxAttempts and retryBackoff`,
      );
    }
  }
  const { apiEndpoint = emulatorEndpoint() } = options;
  // The SDK takes such a one for none, and would go to Google's.
  if (apiEndpoint === "" || (apiEndpoint !== undefined && typeof apiEndpoint !== "string")) {
    throw badEndpoint(apiEndpoint);
  }
  return new Storage(apiEndpoint === undefined ? options : { ...options, apiEndpoint });
}

function givenStorage(storage: Storage, options: StorageOptions): Storage {
  if (
    typeof storage?.authClient?.request !== "function" ||
    typeof storage.apiEndpoint !== "string"
  ) {
    throw invalid("storage is no Storage of @google-cloud/storage");
  }
  const [name] = Object.entries(options).find(([, value]) => value !== undefined) ?? [];
  if (name !== undefined) {
    throw invalid(`storage and ${name} are both given: set ${name} where the storage is made`);
  }
  return storage;
}

function badEndpoint(value: unknown): WfError {
  return invalid(
    `apiEndpoint (or STORAGE_EMULATOR_HOST) is ${show(value)}: give a URL like https://storage.example.com`,
  );
}

function emulatorEndpoint(): string | undefined {
  const host = process.env["STORAGE_EMULATOR_HOST"];
  return host === undefined || host.includes("://") ? host : `http://${host}`;
}

/** An endpoint as the requests need it: some values of `STORAGE_EMULATOR_HOST` name the API's path as well. */
function baseUrl(apiEndpoint: string): string {
  return apiEndpoint.replace(/\/+$/, "").replace(/\/storage\/v1$/, "");
}

function invalid(message: string): WfError {
  return new WfError("WF_INVALID_ARGUMENT", message);
}
