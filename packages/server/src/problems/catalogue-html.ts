// The list of all problems, for people.
import { problemUri } from '@countersign/protocol'
import { escapeHtml, htmlPage } from '../http/html-page.ts'
import { searchPath } from './catalogue-search.ts'
import { nameOnTheWire, problemSurfaces, type ListedProblem, type ProblemGroup, type ProblemSurface } from './problem-groups.ts'

export function catalogueHtml(): string {
  return htmlPage(
    'Problems',
    `<p class="lead">Every error names its page here: in its "type", or at the token endpoint in its "error_uri". A page says what happened, what to
do, who can fix it, and what the answer looks like.</p>
<div class="search" id="search" role="search" hidden>
<label for="q">Search</label>
<input id="q" type="search" maxlength="300" autocomplete="off" autocapitalize="none" spellcheck="false" aria-describedby="hint">
<p class="small soft" id="hint">A code, an error, or words of a cause or a remedy. A whole answer can be pasted.</p>
<p class="small" id="found" role="status"></p>
</div>
${problemSurfaces().map(surfaceHtml).join('\n')}`,
    { home: '/', problems: '/problems', isList: true, script: searchPath },
  )
}

function surfaceHtml({ id, heading, groups }: ProblemSurface): string {
  const total = groups.reduce((sum, { problems }) => sum + problems.length, 0)
  return `<section class="surface" data-group aria-labelledby="${id}">
<h2 id="${id}">${heading} <span class="count">${total}</span></h2>
${groups.map(groupHtml).join('\n')}
</section>`
}

function groupHtml({ heading, problems }: ProblemGroup): string {
  return `<section class="card" data-group><h3>${heading} <span class="count">${problems.length}</span></h3>
<ul class="rows coded">${problems.map(rowHtml).join('')}</ul></section>`
}

function rowHtml([code, entry]: ListedProblem): string {
  const { status, title } = entry
  return `<li><a href="${problemUri('', code)}"><span class="status${status >= 500 ? ' s5' : ''}">${status}</span><b>${escapeHtml(title)}</b><small><code>${nameOnTheWire(code, entry)}</code></small></a></li>`
}
