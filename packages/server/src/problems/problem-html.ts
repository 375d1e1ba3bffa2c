// The problem catalogue as pages: plain HTML with a few lines of style, readable without a script, on a phone and in dark mode.
import { problemUri, type ProblemCode, type ProblemEntry } from '@countersign/protocol'

export function catalogueHtml(entries: readonly (readonly [code: ProblemCode, entry: ProblemEntry])[]): string {
  const list = (surface: ProblemEntry['surface']) =>
    entries
      .filter(([, entry]) => entry.surface === surface)
      .map(
        ([code, entry]) =>
          `<li><a href="${problemUri('', code)}"><b class="s${statusClass(entry)}">${entry.status}</b><span>${escape(entry.title)}<small>${nameOf(code, entry)}</small></span></a></li>`,
      )
      .join('')
  return page(
    'Problem catalogue',
    `<p class="lead">Every error response links to its page here: what happened, why it can happen, and what to do.</p>
    <h2>At the token endpoint</h2><ul class="list">${list('oauth')}</ul>
    <h2>At a guarded API</h2><ul class="list">${list('api')}</ul>`,
  )
}

export function problemHtml(code: string, entry: ProblemEntry): string {
  const causes = entry.causes.map(({ cause, remedy }) => `<section><h2>${escape(cause)}</h2><p>${escape(remedy)}</p></section>`).join('')
  return page(
    entry.title,
    `<p class="facts"><b class="s${statusClass(entry)}">${entry.status}</b> <code>${nameOf(code, entry)}</code></p>
    ${entry.causes.length > 1 ? '<p class="lead">One of these is the cause:</p>' : ''}
    ${causes}
    <p class="back"><a href="/problems">All problems</a></p>`,
  )
}

function nameOf(code: string, { oauthError }: ProblemEntry): string {
  return escape(oauthError === undefined ? code : `error=${oauthError}`)
}

function statusClass({ status }: ProblemEntry): number {
  return Math.floor(status / 100)
}

function escape(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')
}

function page(title: string, body: string): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${escape(title)} · Countersign</title>
<style>
:root { --ink: #1c2430; --soft: #5b6675; --line: #dde2e9; --paper: #fff; --card: #f6f8fa; --link: #0b57a4; --four: #9a4a00; --five: #a11d33 }
@media (prefers-color-scheme: dark) { :root { --ink: #e6eaf0; --soft: #9aa6b5; --line: #2c3542; --paper: #12171e; --card: #1a212b; --link: #7db8f5; --four: #f0b072; --five: #f58a9c } }
* { box-sizing: border-box }
body { margin: 0; background: var(--paper); color: var(--ink); font: 17px/1.55 system-ui, sans-serif }
header, main { max-width: 46rem; margin: 0 auto; padding: 0 1.25rem }
header { padding-top: 1.5rem; color: var(--soft); font-size: .9rem; letter-spacing: .02em }
h1 { font-size: 1.75rem; line-height: 1.25; margin: 1rem 0 .5rem }
h2 { font-size: 1.05rem; line-height: 1.4; margin: 0 0 .35rem }
main > h2 { margin: 2rem 0 .5rem }
section { background: var(--card); border: 1px solid var(--line); border-radius: 10px; padding: 1rem 1.15rem; margin: 1rem 0 }
section p { margin: 0 }
section p::before { content: "What to do: "; font-weight: 600 }
.lead, .facts { color: var(--soft) }
a { color: var(--link) }
code, b { font-family: ui-monospace, monospace; font-size: .92em }
.s4 { color: var(--four) } .s5 { color: var(--five) }
.list { list-style: none; padding: 0; margin: 0; border-top: 1px solid var(--line) }
.list a { display: flex; gap: 1rem; padding: .6rem .25rem; border-bottom: 1px solid var(--line); color: inherit; text-decoration: none }
.list a:hover, .list a:focus-visible { background: var(--card) }
.list small { display: block; color: var(--soft); font-family: ui-monospace, monospace }
.back { margin: 2rem 0 3rem }
</style>
</head>
<body>
<header>Countersign</header>
<main>
<h1>${escape(title)}</h1>
${body}
</main>
</body>
</html>
`
}
