/** The demo cannot go on; the message is all that there is to say. */
export class DemoError extends Error {}

/** What the user asked for cannot be done. */
export class UsageError extends DemoError {}
