import { fileURLToPath } from "node:url";
import { type DefaultTheme, defineConfig } from "vitepress";
import { publicEntries } from "../public-entries.js";

const here = fileURLToPath(import.meta.url);

const page = (text: string, link: string): DefaultTheme.SidebarItem => ({
  text,
  link,
});

export default defineConfig({
  title: "wf",
  description:
    "Durable workflows and queues for TypeScript on the object store you already have.",
  lang: "en",
  head: [["link", { rel: "icon", href: "data:," }]],
  srcDir: "..",
  srcExclude: ["site/**", "examples/**", "test/**"],
  metaChunk: true,
  markdown: {
    theme: {
      light: "github-light-high-contrast",
      dark: "github-dark-high-contrast",
    },
    // The marks of regions are for the includes, not for readers.
    codeTransformers: [
      {
        preprocess: (code) =>
          code.replaceAll(/^\s*\/\/ #(end)?region .*\n?/gm, ""),
      },
    ],
  },
  themeConfig: {
    search: {
      provider: "local",
      options: {
        miniSearch: {
          searchOptions: {
            // What explains goes before the reference, where both have the word.
            boostDocument: (id: string) => (id.startsWith("/api/") ? 0.4 : 1),
          },
        },
      },
    },
    outline: { level: [2, 3] },
    externalLinkIcon: true,
    nav: [
      { text: "Quick start", link: "/quick-start" },
      { text: "Concepts", link: "/concepts" },
      { text: "Errors", link: "/errors" },
      { text: "API", link: "/api/" },
    ],
    sidebar: [
      {
        text: "Start",
        items: [
          page("What it is", "/"),
          page("Quick start", "/quick-start"),
          page("Concepts", "/concepts"),
          page("Guarantees", "/guarantees"),
        ],
      },
      {
        text: "Guides",
        items: [
          page("Crash safety", "/guides/crash-safety"),
          page("Idempotent steps", "/guides/idempotent-steps"),
          page("Memo", "/guides/memo"),
          page("Signals and approvals", "/guides/signals"),
          page("Cancellation", "/guides/cancellation"),
          page("Retention", "/guides/retention"),
          page("Testing", "/guides/testing"),
          page("Operating", "/guides/operating"),
          page("Cost", "/guides/cost"),
          page("From bucket to fleet", "/guides/from-bucket-to-fleet"),
        ],
      },
      {
        text: "Adapters",
        items: [
          page("Stores and queues", "/adapters/"),
          page("Writing a store", "/adapters/writing-a-store"),
          page("Writing a queue", "/adapters/writing-a-queue"),
        ],
      },
      {
        text: "Reference",
        items: [page("Errors", "/errors"), page("Benchmarks", "/benchmarks")],
      },
      {
        text: "API",
        items: publicEntries.map(({ name }) =>
          page(name, `/api/${name.replace("@wf/", "")}/`),
        ),
      },
    ],
  },
  transformPageData(pageData) {
    // Next to one name of the reference there is none that one would want to read on to.
    if (pageData.relativePath.startsWith("api/")) {
      Object.assign(pageData.frontmatter, { prev: false, next: false });
    }
  },
  vite: {
    // The index of the search, which is loaded when somebody searches.
    build: { chunkSizeWarningLimit: 2_000 },
    plugins: [
      {
        // The pages are outside of this folder, whose packages they do not see by themselves.
        name: "vue-of-the-site",
        enforce: "pre",
        resolveId(id, importer) {
          const isPage = importer?.endsWith(".md") ?? false;
          return isPage && /^vue(\/|$)/.test(id)
            ? this.resolve(id, here)
            : undefined;
        },
      },
    ],
  },
});
