import type { RequestFailure } from "./request-policy.ts";

type Row = readonly [code: RequestFailure["code"], advice: string];

const PASSING = "WF_STORE_OUTCOME_UNKNOWN";

/**
 * What a status means wherever a store gives it no meaning of its own (RFC 9110, 15). A server that fails may
 * have applied a write before it did: that is `WF_STORE_OUTCOME_UNKNOWN`, for a read `WF_STORE_UNAVAILABLE`.
 */
const BY_STATUS: Readonly<Record<number, Row>> = {
  301: ["WF_STORE_MISCONFIGURED", "the store is elsewhere: check the region and the endpoint"],
  307: ["WF_STORE_MISCONFIGURED", "the store is elsewhere: check the region and the endpoint"],
  400: [
    "WF_STORE_MISCONFIGURED",
    "the store refused the request as malformed: check the endpoint and the options",
  ],
  401: [
    "WF_STORE_UNAUTHENTICATED",
    "the store does not accept these credentials, or they have expired",
  ],
  403: ["WF_STORE_DENIED", "the credentials lack a permission"],
  404: ["WF_STORE_BUCKET_NOT_FOUND", "there is no such bucket at this endpoint: create it"],
  405: ["WF_STORE_MISCONFIGURED", "the endpoint does not know this request: check the endpoint"],
  408: [PASSING, "the store gave up waiting for the request"],
  411: ["WF_STORE_UNSUPPORTED", "the store does not take this request"],
  413: ["WF_STORE_OBJECT_TOO_LARGE", "the body is larger than the store takes"],
  429: ["WF_STORE_UNAVAILABLE", "the store is throttling"],
  500: [PASSING, "the store failed"],
  501: ["WF_STORE_UNSUPPORTED", "the store has not got what this request asks for"],
  502: [PASSING, "the store failed"],
  503: [PASSING, "the store is busy or throttling"],
  504: [PASSING, "the store failed"],
};

/** The failure that an HTTP status stands for, where the store gives it no meaning of its own. */
export function statusFailure(status: number, writes: boolean): RequestFailure {
  const [code, advice] =
    BY_STATUS[status] ??
    (status >= 500
      ? [PASSING, "the store failed"]
      : [
          "WF_STORE_MISCONFIGURED",
          "the store gave an answer that means nothing here: check the endpoint",
        ]);
  return { code: doubtOnlyOfWrites(code, writes), advice: `${advice} (HTTP ${status})` };
}

/**
 * The failure that a success stands for which is none of the store's: that of a proxy or of another service.
 *
 * @param service what should have answered: "S3"
 */
export function foreignFailure(service: string, writes: boolean): RequestFailure {
  return {
    // Behind a proxy that answers in its own words the store may have applied a write.
    code: writes ? PASSING : "WF_STORE_MISCONFIGURED",
    advice: `something else than ${service} answers: check the endpoint and the proxies`,
  };
}

/** Failures in which the request was certainly not sent. */
const NOT_SENT: ReadonlyMap<unknown, string> = new Map([
  ["ECONNREFUSED", "nothing listens at the endpoint"],
  ["ENOTFOUND", "the endpoint's host name is unknown"],
  ["EAI_AGAIN", "the endpoint's host name could not be looked up"],
  ["EMFILE", "too many open files: raise the limit (ulimit -n)"],
  ["CERT_HAS_EXPIRED", "the endpoint's certificate has expired"],
  ["DEPTH_ZERO_SELF_SIGNED_CERT", "the endpoint's certificate is not trusted"],
  ["SELF_SIGNED_CERT_IN_CHAIN", "the endpoint's certificate is not trusted"],
  ["UNABLE_TO_VERIFY_LEAF_SIGNATURE", "the endpoint's certificate is not trusted"],
  ["ERR_TLS_CERT_ALTNAME_INVALID", "the endpoint's certificate is for another host"],
]);

/** Failures that meet a connection that is being made as well as one that has carried the request. */
const PERHAPS_SENT: ReadonlyMap<unknown, string> = new Map([
  ["EHOSTUNREACH", "the endpoint cannot be reached"],
  ["ENETUNREACH", "the network cannot be reached"],
  ["EPROTO", "the endpoint does not speak TLS as expected"],
]);

/**
 * The failure for an error without an HTTP status: what it, one of its causes or, of an AggregateError (several
 * addresses tried), one of its parts says, and otherwise a connection lost at an unknown moment.
 */
export function networkFailure(error: unknown, writes: boolean): RequestFailure {
  const parts = partsOf(error);
  const unsent = parts.find(
    ({ code, syscall }) => NOT_SENT.has(code) || (PERHAPS_SENT.has(code) && syscall === "connect"),
  );
  const { code } = unsent ?? parts.find((part) => PERHAPS_SENT.has(part.code)) ?? {};
  const advice = NOT_SENT.get(code) ?? PERHAPS_SENT.get(code);
  return {
    code: unsent === undefined ? doubtOnlyOfWrites(PASSING, writes) : "WF_STORE_UNAVAILABLE",
    advice: advice === undefined ? "the connection failed" : `${advice} (${code})`,
  };
}

function doubtOnlyOfWrites(code: RequestFailure["code"], writes: boolean): RequestFailure["code"] {
  return code === PASSING && !writes ? "WF_STORE_UNAVAILABLE" : code;
}

type ErrorPart = { readonly code?: unknown; readonly syscall?: unknown };

function partsOf(error: unknown, depth = 0): ErrorPart[] {
  if (typeof error !== "object" || error === null || depth > 5) return [];
  const { cause, errors } = error as { cause?: unknown; errors?: unknown };
  const parts = Array.isArray(errors) ? errors.flatMap((part) => partsOf(part, depth + 1)) : [];
  return [error, ...partsOf(cause, depth + 1), ...parts];
}
