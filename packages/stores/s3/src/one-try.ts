import { HeadBucketCommand, type S3Client } from "@aws-sdk/client-s3";

interface Adjustable {
  readonly middlewareStack: unknown;
}

/** Has a command sent once, however its client is set. */
export type OneTry = <Command extends Adjustable>(command: Command) => Command;

/**
 * How to have commands sent once by `client`, whose own settings stay as they are. Where its steps cannot be
 * left out (another release of the SDK), commands are sent as the client sends them: slower, and not less
 * right, because the outcome of a write is told from what is stored.
 */
export function oneTry(client: S3Client): OneTry {
  const { middlewareStack } = withoutSteps(new HeadBucketCommand({ Bucket: "bucket" }));
  try {
    client.middlewareStack.concat(middlewareStack);
  } catch {
    return (unchanged) => unchanged;
  }
  return withoutSteps;
}

/**
 * Leaves out two steps that a client takes by default: to try again, which the store does itself, and above
 * 2 MiB to ask before the body is sent, which opens a connection for each such request.
 */
function withoutSteps<Command extends Adjustable>(command: Command): Command {
  const stack = command.middlewareStack as HeadBucketCommand["middlewareStack"];
  const retry = { name: "retryMiddleware", step: "finalizeRequest", priority: "high" } as const;
  const expect = { name: "addExpectContinueMiddleware", step: "build" } as const;
  stack.add((next) => next, { ...retry, override: true });
  stack.add((next) => next, { ...expect, override: true });
  return command;
}
