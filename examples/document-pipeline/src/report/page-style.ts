/** Styles of the report page: one column that is comfortable to read, on a phone and on a wide screen. */
export const PAGE_STYLE = `
:root { color-scheme: light dark; --line: light-dark(#d8dce2, #3a4048); --quiet: light-dark(#5a6472, #9aa4b2); --tint: light-dark(#f2f4f7, #22272e); --link: light-dark(#0b57d0, #8ab4f8); }
* { box-sizing: border-box; }
body { font: 1rem/1.55 system-ui, sans-serif; margin: 0 auto; max-width: 78rem; padding: 1.5rem 1rem 4rem; overflow-wrap: anywhere; }
header { border-bottom: 1px solid var(--line); margin-bottom: 1.5rem; }
h1 { font-size: 1.8rem; line-height: 1.2; margin: 0 0 .3rem; }
h2 { font-size: 1.2rem; line-height: 1.3; margin: 0 0 .2rem; }
small, .facts, header p { color: var(--quiet); font-size: .85rem; }
header p, .facts { margin: 0 0 .8rem; }
a { color: var(--link); text-decoration: none; }
a:hover { text-decoration: underline; }
nav ol { padding: 0 0 0 2.2rem; margin: .5rem 0 0; max-height: 60vh; overflow-y: auto; }
nav li { margin-bottom: .35rem; break-inside: avoid; }
nav small { display: block; }
main { margin-top: 2rem; }
article { border-top: 1px solid var(--line); padding: 1.3rem 0; scroll-margin-top: 1rem; max-width: 46rem; }
blockquote { margin: 0 0 .8rem; padding: .5rem .9rem; border-left: 3px solid var(--line); background: var(--tint); }
.terms { display: flex; flex-wrap: wrap; gap: .4rem; list-style: none; padding: 0; margin: 0 0 .8rem; }
.terms li { background: var(--tint); border-radius: 1rem; padding: .1rem .7rem; font-size: .9rem; }
summary { cursor: pointer; color: var(--link); }
.sections { list-style: none; padding: 0; margin: .8rem 0 0; }
.sections li { margin-bottom: .8rem; }
.sections p { margin: .1rem 0 0; }
.sections .level-2 { padding-left: 1rem; }
.sections .level-3 { padding-left: 2rem; }
@media (min-width: 64rem) {
  body { display: grid; grid-template-columns: 20rem minmax(0, 1fr); column-gap: 3rem; }
  header { grid-column: 1 / -1; }
  nav { position: sticky; top: 1rem; max-height: calc(100vh - 2rem); overflow-y: auto; align-self: start; }
  nav ol { max-height: none; overflow: visible; }
  main { margin-top: 0; }
  article:first-child { border-top: 0; padding-top: 0; }
}
@media print { nav { columns: 2; } article { break-inside: avoid; } }
`;
