import { CreateBucketCommand, S3Client } from "@aws-sdk/client-s3";
import type { ServerCommand } from "../external-server.ts";
import { goProgram, type Program } from "../server-cache.ts";
import {
  type LoopbackServer,
  type StartOptions,
  startProgram,
  type Unavailable,
} from "./loopback-server.ts";

const REGION = "us-east-1";
const CREDENTIALS = { accessKeyId: "wf-test", secretAccessKey: "wf-test-secret" };

interface Recipe {
  readonly program: Program;
  readonly args: ServerCommand["args"];
  readonly env?: Readonly<Record<string, string>>;
  readonly readyPath?: string;
}

/** Servers that speak S3 and honour create-if-absent when creates race, to be had as Go modules. */
const RECIPES = {
  /** Holds everything in memory, builds in well under a minute, checks no signatures. */
  gofakes3: {
    program: goProgram("gofakes3", "github.com/johannesboyne/gofakes3/cmd/gofakes3", "v1.2.0"),
    args: (port) => ["-backend", "memory", "-host", `127.0.0.1:${port}`, "-quiet"],
  },
  /** A server for production, that checks signatures and checksums. Takes minutes to build. */
  minio: {
    program: goProgram("minio", "github.com/minio/minio", "v0.0.0-20260212201848-7aac2a2c5b7c"),
    args: (port, directory) => ["server", "--quiet", "--address", `127.0.0.1:${port}`, directory],
    env: {
      MINIO_ROOT_USER: CREDENTIALS.accessKeyId,
      MINIO_ROOT_PASSWORD: CREDENTIALS.secretAccessKey,
      MINIO_BROWSER: "off",
      MINIO_UPDATE: "off",
      // Lets it keep its data on the disk of the system.
      MINIO_CI_CD: "1",
    },
    readyPath: "/minio/health/ready",
  },
} as const satisfies Record<string, Recipe>;

/**
 * Starts the server that `WF_TEST_S3_SERVER` names: "gofakes3", the default, or "minio".
 *
 * @throws Error where it names another
 */
export async function startS3Server(
  options: StartOptions = {},
): Promise<LoopbackServer | Unavailable> {
  const { WF_TEST_S3_SERVER: name = "gofakes3" } = process.env;
  if (!Object.hasOwn(RECIPES, name)) {
    throw new Error(`WF_TEST_S3_SERVER is ${name}: it may be ${Object.keys(RECIPES).join(" or ")}`);
  }
  const { program, ...recipe }: Recipe = RECIPES[name as keyof typeof RECIPES];
  const server = await startProgram(program, (path) => ({ program: path, ...recipe }), options);
  if ("unavailable" in server) return server;
  const client = new S3Client({
    endpoint: server.origin,
    region: REGION,
    credentials: CREDENTIALS,
    forcePathStyle: true,
  });
  return {
    ...server,
    name,
    env: {
      AWS_ENDPOINT_URL_S3: server.origin,
      AWS_REGION: REGION,
      AWS_ACCESS_KEY_ID: CREDENTIALS.accessKeyId,
      AWS_SECRET_ACCESS_KEY: CREDENTIALS.secretAccessKey,
    },
    async createBucket(bucket) {
      await client.send(new CreateBucketCommand({ Bucket: bucket }));
    },
  };
}
