import { describe, expect, it } from "vitest";
import { analyseText } from "../analysis/text-analysis.ts";
import { assembleReport } from "./document-report.ts";
import { renderReportPage } from "./report-page.ts";

const HOSTILE = `<script>alert("x")</script> & 'more'`;

function report(id: string, heading: string, text: string) {
  return assembleReport({ id, name: `${heading}.md`, title: heading }, [
    { heading, level: 1, analysis: analyseText(text) },
    { heading: "", level: 0, analysis: { ...analyseText(text), summary: text } },
  ]);
}

describe("renderReportPage", () => {
  it("shows each document with its summary, terms and sections, and lists it in the contents", () => {
    const page = renderReportPage([report("1a", "Queues", "A queue keeps every job of a queue.")]);
    expect(page).toContain('<a href="#d-1a">Queues</a>');
    expect(page).toContain('<article id="d-1a">');
    expect(page).toContain("<blockquote>A queue keeps every job of a queue.</blockquote>");
    expect(page).toContain("<li>queue <small>4</small></li>");
    expect(page).toContain("2 sections · 16 words · 1 min");
    expect(page).toContain("<h1>1 document analysed</h1>");
  });

  it("escapes everything that comes from a document", () => {
    const page = renderReportPage([report(`"><b>`, HOSTILE, HOSTILE)]);
    expect(page).not.toContain("<script");
    expect(page).not.toContain('"><b>"');
    expect(page).toContain('id="d-&quot;&gt;&lt;b&gt;"');
    expect(page).toContain(
      "&lt;script&gt;alert(&quot;x&quot;)&lt;/script&gt; &amp; &#39;more&#39;",
    );
  });

  it("needs nothing from elsewhere", () => {
    const page = renderReportPage([report("1a", "Queues", "Text.")]);
    expect(page).not.toMatch(/<link|<script|@import|url\(|https?:/);
  });

  it("is the same page for the same reports", () => {
    const reports = [report("1a", "A", "Text of a."), report("2b", "B", "Text of b.")];
    expect(renderReportPage(reports)).toBe(renderReportPage(structuredClone(reports)));
  });
});
