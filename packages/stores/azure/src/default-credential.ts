import { RequestFailedError } from "./map-failure.ts";
import type { AzureBlobCredential } from "./options.ts";

export type TokenCredential = Extract<AzureBlobCredential, { getToken: unknown }>;

/**
 * The `DefaultAzureCredential` of `@azure/identity`, loaded when the first token is needed: who gives another
 * credential need not install it.
 */
export function defaultCredential(): TokenCredential {
  let loading: Promise<TokenCredential> | undefined;
  return {
    async getToken(scopes, options) {
      loading ??= load();
      return (await loading).getToken(scopes, options);
    },
  };
}

async function load(): Promise<TokenCredential> {
  const { DefaultAzureCredential } = await import("@azure/identity").catch((error: unknown) => {
    throw new RequestFailedError(
      {
        code: "WF_STORE_UNAUTHENTICATED",
        advice:
          "there are no credentials: a url without a SAS and without a credential takes the package @azure/identity: " +
          "npm install @azure/identity, or give a credential",
      },
      String(error),
    );
  });
  return new DefaultAzureCredential();
}
