import type { DocumentReport, SectionReport } from "./document-report.ts";
import { PAGE_STYLE } from "./page-style.ts";

/** The reports as one HTML page that needs nothing else. The same reports always give the same page. */
export function renderReportPage(reports: readonly DocumentReport[]): string {
  const words = reports.reduce((sum, report) => sum + report.words, 0);
  const sections = reports.reduce((sum, report) => sum + report.sections.length, 0);
  const seconds = reports.reduce((sum, report) => sum + report.readingSeconds, 0);
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${count(reports.length, "document")} analysed</title>
<style>${PAGE_STYLE}</style>
</head>
<body>
<header>
<h1>${count(reports.length, "document")} analysed</h1>
<p>${count(sections, "section")}, ${count(words, "word")}, ${readingTime(seconds)} to read.</p>
</header>
<nav aria-label="Documents">
<h2>Documents</h2>
<ol>
${reports.map(contentsEntry).join("\n")}
</ol>
</nav>
<main>
${reports.map(article).join("\n")}
</main>
</body>
</html>
`;
}

function contentsEntry({ id, title, name }: DocumentReport): string {
  const place = title === name ? "" : ` <small>${escapeHtml(name)}</small>`;
  return `<li><a href="#d-${escapeHtml(id)}">${escapeHtml(title)}</a>${place}</li>`;
}

function article(report: DocumentReport): string {
  const { title, name, sections, words, terms } = report;
  const facts = [
    ...(title === name ? [] : [escapeHtml(name)]),
    count(sections.length, "section"),
    count(words, "word"),
    readingTime(report.readingSeconds),
  ];
  return `<article id="d-${escapeHtml(report.id)}">
<h2>${escapeHtml(title)}</h2>
<p class="facts">${facts.join(" · ")}</p>
<blockquote>${escapeHtml(report.summary)}</blockquote>
<ul class="terms">${terms.map(({ term, count: times }) => `<li>${escapeHtml(term)} <small>${times}</small></li>`).join("")}</ul>
<details>
<summary>${count(sections.length, "section")}</summary>
<ol class="sections">
${sections.map(sectionEntry).join("\n")}
</ol>
</details>
</article>`;
}

function sectionEntry({ heading, level, analysis }: SectionReport): string {
  const title = heading === "" ? "<i>Opening</i>" : escapeHtml(heading);
  return `<li class="level-${level}"><b>${title}</b> <small>${count(analysis.words, "word")}</small><p>${escapeHtml(analysis.summary)}</p></li>`;
}

function count(number: number, noun: string): string {
  return `${number.toLocaleString("en")} ${noun}${number === 1 ? "" : "s"}`;
}

function readingTime(seconds: number): string {
  const minutes = Math.ceil(seconds / 60);
  if (minutes < 90) return `${minutes} min`;
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

/** For text and for attribute values in double quotes. */
function escapeHtml(text: string): string {
  return text.replaceAll(/[&<>"']/g, (character) => ENTITIES[character] ?? character);
}
