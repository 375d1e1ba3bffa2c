// The problem catalogue as pages for people.
import { problemUri, type ProblemCode, type ProblemEntry } from '@countersign/protocol'
import { escapeHtml, htmlPage } from '../http/html-page.ts'

export function catalogueHtml(entries: readonly (readonly [code: ProblemCode, entry: ProblemEntry])[]): string {
  const list = (surface: ProblemEntry['surface']) =>
    entries
      .filter(([, entry]) => entry.surface === surface)
      .map(
        ([code, entry]) =>
          `<li><a href="${problemUri('', code)}"><b class="s${statusClass(entry)}">${entry.status}</b><span>${escapeHtml(entry.title)}<small>${nameOf(code, entry)}</small></span></a></li>`,
      )
      .join('')
  return htmlPage(
    'Problem catalogue',
    `<p class="lead">Every error response links to its page here: what happened, why it can happen, and what to do.</p>
    <h2>At the token endpoint</h2><ul class="list">${list('oauth')}</ul>
    <h2>At a guarded API</h2><ul class="list">${list('api')}</ul>`,
  )
}

export function problemHtml(code: string, entry: ProblemEntry): string {
  const causes = entry.causes
    .map(({ cause, remedy }) => `<section><h2>${escapeHtml(cause)}</h2><p>${escapeHtml(remedy)}</p></section>`)
    .join('')
  return htmlPage(
    entry.title,
    `<p class="facts"><b class="s${statusClass(entry)}">${entry.status}</b> <code>${nameOf(code, entry)}</code></p>
    ${entry.causes.length > 1 ? '<p class="lead">One of these is the cause:</p>' : ''}
    <div class="remedies">${causes}</div>
    <p class="back"><a href="/problems">All problems</a></p>`,
  )
}

function nameOf(code: string, { oauthError }: ProblemEntry): string {
  return escapeHtml(oauthError === undefined ? code : `error=${oauthError}`)
}

function statusClass({ status }: ProblemEntry): number {
  return Math.floor(status / 100)
}
