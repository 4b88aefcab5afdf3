import type { WholeAnswer } from "@wf/test-support/scripted-server";

const XML = '<?xml version="1.0" encoding="UTF-8"?>\n';

/** An error as S3 tells it. */
export function failed(
  status: number,
  code: string,
  headers: Readonly<Record<string, string>> = {},
): WholeAnswer {
  const body = `${XML}<Error><Code>${code}</Code><Message>as scripted</Message></Error>`;
  return { status, headers: { "content-type": "application/xml", ...headers }, body };
}

export const STORED: WholeAnswer = { status: 200, headers: { etag: '"one"' } };

export const DELETED: WholeAnswer = { status: 204 };

export function object(body: string | Uint8Array): WholeAnswer {
  return { status: 200, headers: { etag: '"one"' }, body };
}

export interface ListedPage {
  readonly keys?: readonly string[];
  readonly token?: string;
}

export function page({ keys = [], token }: ListedPage): WholeAnswer {
  const contents = keys.map(
    (key) =>
      `<Contents><Key>${key}</Key><LastModified>2026-01-02T03:04:05.000Z</LastModified>` +
      `<ETag>"one"</ETag><Size>${key.length}</Size></Contents>`,
  );
  const next = token === undefined ? "" : `<NextContinuationToken>${token}</NextContinuationToken>`;
  const body = `${XML}<ListBucketResult><IsTruncated>${token !== undefined}</IsTruncated>${next}${contents.join("")}</ListBucketResult>`;
  return { status: 200, headers: { "content-type": "application/xml" }, body };
}

/** The answer to a removal of several keys: those that are gone, and those that are not with the reason. */
export function removed(
  keys: readonly string[],
  refused: Readonly<Record<string, string>> = {},
): WholeAnswer {
  const deleted = keys.map((key) => `<Deleted><Key>${key}</Key></Deleted>`);
  const errors = Object.entries(refused).map(
    ([key, code]) => `<Error><Key>${key}</Key><Code>${code}</Code><Message>no</Message></Error>`,
  );
  const body = `${XML}<DeleteResult>${deleted.join("")}${errors.join("")}</DeleteResult>`;
  return { status: 200, headers: { "content-type": "application/xml" }, body };
}

/** What a proxy says in the place of the store: in XHTML, and in what is no XML. */
export function xhtml(status: number): WholeAnswer {
  return { status, headers: { "content-type": "text/html" }, body: "<html><p>Sorry</p></html>" };
}

export function html(status: number): WholeAnswer {
  return {
    status,
    headers: { "content-type": "text/html" },
    body: "<html><p>Sorry<br></p></html>",
  };
}
