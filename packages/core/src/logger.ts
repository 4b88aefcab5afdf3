/** What wf logs to: the shape of a pino logger, so that one can be passed as it is. */
export interface Logger {
  /** What is of use only while one looks for a fault, such as a notification that was not sent. */
  debug(details: object, message: string): void;
  /** What happens in the ordinary course: a queue was opened, a snapshot taken. */
  info(details: object, message: string): void;
  /** What failed and is tried again, or does without. An error is in `details.err`. */
  warn(details: object, message: string): void;
  /** What somebody has to know of: work that comes back late, or has ended. An error is in `details.err`. */
  error(details: object, message: string): void;
}

const ignore = () => {};

/** Logs nothing. The default. */
export const silentLogger: Logger = { debug: ignore, info: ignore, warn: ignore, error: ignore };
