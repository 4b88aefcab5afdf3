/** What wf logs to: the shape of a pino logger, so that one can be passed as it is. */
export interface Logger {
  debug(details: object, message: string): void;
  info(details: object, message: string): void;
  warn(details: object, message: string): void;
  error(details: object, message: string): void;
}

const ignore = () => {};

/** Logs nothing. The default. */
export const silentLogger: Logger = { debug: ignore, info: ignore, warn: ignore, error: ignore };
