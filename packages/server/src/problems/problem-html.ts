// The page of one problem, for people: what happened, what to do, who can fix it, and an answer with it.
import { STATUS_CODES } from 'node:http'
import { problemFixes, type Fixer, type ProblemFix } from '@countersign/protocol'
import { card } from '../http/front-page.ts'
import { escapeHtml, htmlPage } from '../http/html-page.ts'
import { exampleAnswer } from './example-answer.ts'
import { nameOnTheWire, surfaceNames, surfaceOf, type ListedProblem } from './problem-groups.ts'

export function problemHtml(publicUrl: string, problem: ListedProblem): string {
  const [code, entry] = problem
  const { status, title, causes } = entry
  const surface = surfaceOf(problem)
  const wire = nameOnTheWire(code, entry)
  const causeItems = causes.map(
    ({ cause, remedy }) => `<li><h3>${escapeHtml(cause)}</h3><p><b>What to do:</b> ${escapeHtml(remedy)}</p></li>`,
  )
  return htmlPage(
    title,
    `<p class="facts"><span class="chip ${status >= 500 ? 'bad' : 'warn'}">${status} ${STATUS_CODES[status]}</span><code>${wire}</code>${wire === code ? '' : `<code>${code}</code>`}</p>
${card(causes.length > 1 ? 'What happened: one of these' : 'What happened', `<ul class="causes">${causeItems.join('')}</ul>`)}
${card('Who can fix it', fixersHtml(problemFixes[code]))}
${card(
  'Example answer',
  `<p class="soft small">As it is sent, with its JSON on several lines.</p><pre><code>${escapeHtml(exampleAnswer(publicUrl, code))}</code></pre>`,
)}`,
    {
      home: '/',
      problems: '/problems',
      crumbs: [
        ['/problems', 'Problems'],
        [`/problems#${surface}`, surfaceNames[surface]],
      ],
    },
  )
}

const fixerNames: Readonly<Record<Fixer, string>> = {
  integrator: 'The caller',
  api: 'The provider of the API',
  operator: 'The operator of this server',
}

/** In the order of their first steps in the table. */
function fixersHtml(fixes: readonly ProblemFix[]): string {
  const fixers = [...new Set(fixes.map(({ who }) => who))]
  const items = fixers.map((fixer) => `<li><h3>${fixerNames[fixer]}</h3>${stepsOf(fixes.filter(({ who }) => who === fixer))}</li>`)
  return `<ul class="fixers">${items.join('')}</ul>`
}

function stepsOf(fixes: readonly ProblemFix[]): string {
  return fixes.map(({ step, command }) => `<p>${escapeHtml(step)}</p>${command === undefined ? '' : commandHtml(command)}`).join('')
}

/** Lines end between words only: a browser would break them after the dashes of an option. */
function commandHtml(command: string): string {
  const words = command.split(' ').map((word) => `<span class="word">${escapeHtml(word)}</span>`)
  return `<pre><code>${words.join(' ')}</code></pre>`
}
