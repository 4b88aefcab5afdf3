import { type ExternalServer, type ServerCommand, startServer } from "../external-server.ts";
import { findOrInstall, type Program, UnavailableError } from "../server-cache.ts";

/** A server on the loopback interface that takes the place of a cloud. */
export interface LoopbackServer extends ExternalServer {
  /** As it is called: "gofakes3". */
  readonly name: string;
  /** By which the programs of users find it and are let in. */
  readonly env: Readonly<Record<string, string>>;
  /** Makes a bucket or container, which is empty. @throws where there is one of this name */
  createBucket(name: string): Promise<void>;
}

/** In the place of a server: why there is none. */
export interface Unavailable {
  readonly unavailable: string;
}

export interface StartOptions {
  /** Whether a server that is not on this machine is installed. Default in CI, and where WF_TEST_SERVERS is set. */
  readonly install?: boolean | undefined;
}

/**
 * Finds or installs a program and runs it. What cannot be had is an error in CI; elsewhere the reason is printed
 * and returned.
 */
export async function startProgram(
  program: Program,
  commandOf: (path: string) => ServerCommand,
  options: StartOptions,
): Promise<ExternalServer | Unavailable> {
  const { CI, WF_TEST_SERVERS } = process.env;
  const { install = Boolean(CI || WF_TEST_SERVERS) } = options;
  let path: string;
  try {
    path = await findOrInstall(program, install);
  } catch (error) {
    if (!(error instanceof UnavailableError) || CI) throw error;
    process.stderr.write(`there is no server to test against: ${error.message}\n`);
    return { unavailable: error.message };
  }
  return startServer(commandOf(path));
}
