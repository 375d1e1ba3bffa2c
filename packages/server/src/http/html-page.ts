// The frame of every page for people: plain HTML with a few lines of style, readable without a script, on a phone and in dark mode.
import type { FastifyReply } from 'fastify'

export const pageFreshness = { 'cache-control': 'public, max-age=300' }

export function sendHtml(reply: FastifyReply, html: string | Buffer): FastifyReply {
  const policy = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'none'"
  return reply
    .headers({ ...pageFreshness, 'content-security-policy': policy, 'x-frame-options': 'DENY' })
    .headers({ 'x-content-type-options': 'nosniff', 'referrer-policy': 'no-referrer' })
    .header('content-type', 'text/html; charset=utf-8')
    .send(html)
}

export function escape(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')
}

/** @param body HTML */
export function page(title: string, body: string): string {
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
