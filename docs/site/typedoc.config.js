/** Makes the API reference from the docstrings: a page for each public name. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Comment, CommentTag, Converter } from "typedoc";
import { publicEntries, publicPackages } from "./public-entries.js";

const errors = readFileSync(join(import.meta.dirname, "../errors.md"), "utf8");
const codes = new Set(
  Array.from(errors.matchAll(/^### (\w+)$/gm), ([, code]) => code),
);

/** Types without a name, the docstring around which says what their members are. */
const describedAround = {
  "@wf/core.CompletionOutcome": ["status", "job"],
  "@wf/core.CreateResult": ["created", "existing"],
  "@wf/core.GetOptions.range": ["offset", "length"],
  "@wf/core.RunOutcome": ["status", "result", "error", "reason"],
  "@wf/core.StepOutcome": [
    "kind",
    "payload",
    "delayMs",
    "correlationKey",
    "timeoutMs",
    "result",
    "reason",
  ],
  "@wf/core.StepRunner": ["runStep"],
  "@wf/core.Worker": ["process"],
  "@wf/queue-object-store.DepartingQueue.queues": ["name", "done"],
  "@wf/queue-object-store.Liveness": ["state", "owner"],
  "@wf/queue-postgres.PostgresClient.query": ["rows"],
  "@wf/queue-postgres.PostgresPool.options": ["max"],
  "@wf/queue-postgres.PostgresPoolClient.connection": [
    "stream",
    "stream.__type.destroy",
  ],
  "@wf/queue-postgres.PostgresPoolClient.query": ["rows"],
  "@wf/queue-postgres.PostgresQuery.types": ["getTypeParser"],
  "@wf/store-s3.S3ObjectStoreOptions": ["client"],
  "@wf/testing.Fault": ["kind", "lasts"],
};

/** Modules are called as they are imported, not as their files, and described as their packages. */
function nameModules(project) {
  for (const module of project.children ?? []) {
    const file = project.getSymbolIdFromReflection(module)?.fileName;
    const entry = publicEntries.find(({ source }) => source === file);
    if (entry === undefined) continue;
    const { name, description: text } = entry;
    module.name = name;
    if (text !== undefined)
      module.comment ??= new Comment([{ kind: "text", text }]);
  }
}

/** What is thrown is one list. */
function joinThrows(comment) {
  const thrown = comment.blockTags.filter(({ tag }) => tag === "@throws");
  if (thrown.length < 2) return;
  const items = thrown.flatMap(({ content }) => [
    { kind: "text", text: "\n- " },
    ...content,
  ]);
  const others = comment.blockTags.filter(({ tag }) => tag !== "@throws");
  comment.blockTags = [...others, new CommentTag("@throws", items)];
}

/** An error's code leads to what the page about errors says of it. */
function linkCodes(parts) {
  for (const part of parts) {
    if (part.kind !== "text") continue;
    part.text = part.text.replaceAll(/\bWF_[A-Z_]*[A-Z]\b/g, (code) =>
      codes.has(code)
        ? `[${code}](/errors.md#${code.toLowerCase().replaceAll("_", "-")})`
        : code,
    );
  }
}

function improve(app) {
  app.converter.on(Converter.EVENT_RESOLVE_BEGIN, ({ project }) => {
    nameModules(project);
    for (const { comment } of Object.values(project.reflections)) {
      if (comment === undefined) continue;
      joinThrows(comment);
      linkCodes([
        ...comment.summary,
        ...comment.blockTags.flatMap(({ content }) => content),
      ]);
    }
  });
}

export default {
  plugin: ["typedoc-plugin-markdown", improve],
  tsconfig: "tsconfig.json",
  entryPoints: publicEntries.map(({ source }) => source),
  out: "../api",
  readme: "none",
  entryFileName: "index",
  excludeScopesInPaths: true,
  excludeExternals: true,
  excludeInternal: true,
  excludePrivate: true,
  // A public name without a docstring, or a link to nowhere, is an error.
  validation: {
    notDocumented: true,
    notExported: true,
    invalidLink: true,
    invalidPath: true,
  },
  treatValidationWarningsAsErrors: true,
  requiredToBeDocumented: [
    "Function",
    "Class",
    "Constructor",
    "Interface",
    "TypeAlias",
    "Variable",
    "Property",
    "Method",
    "Accessor",
  ],
  packagesRequiringDocumentation: publicPackages,
  intentionallyNotDocumented: Object.entries(describedAround).flatMap(
    ([owner, members]) => members.map((name) => `${owner}.__type.${name}`),
  ),
  disableSources: true,
  // That is what `npm run types` is for.
  skipErrorChecking: true,
  hideBreadcrumbs: true,
  hidePageHeader: true,
  useCodeBlocks: true,
  expandObjects: true,
  sort: ["source-order"],
  indexFormat: "table",
  parametersFormat: "table",
  githubPages: false,
  logLevel: "Warn",
};
