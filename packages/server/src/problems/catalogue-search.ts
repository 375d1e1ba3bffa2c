// The search in the list of problems: a script that shows only the matching rows while the reader types. Without it, the list is complete
// and grouped, and the field is hidden.
import type { ListedProblem } from './problem-groups.ts'

export const searchPath = '/problems/search.js'

/** What the search looks at: also the causes and remedies, which the list does not show. In lower case. */
function wordsOf([code, { title, status, oauthError, causes }]: ListedProblem): string {
  const names = [code, status, title, ...(oauthError === undefined ? [] : [`error=${oauthError}`])]
  return [...names, ...causes.flatMap(({ cause, remedy }) => [cause, remedy])].join(' ').toLowerCase()
}

export function searchScript(listed: readonly ListedProblem[]): string {
  const words = Object.fromEntries(listed.map((problem) => [problem[0], wordsOf(problem)]))
  return `const words = ${JSON.stringify(words)}\n${program}`
}

/** Of a text with the address of a page, such as a whole answer, only that address counts. */
const program = `
const field = document.getElementById('q')
const found = document.getElementById('found')
const sections = [...document.querySelectorAll('[data-group]')]
const rows = [...document.querySelectorAll('.rows li')]
const shown = () => rows.filter((row) => !row.hidden)
const codeOf = (row) => row.firstElementChild.getAttribute('href').split('/').pop()

function matcherOf(text) {
  const [, code = ''] = /\\/problems\\/([a-z-]+)/.exec(text) ?? []
  if (Object.hasOwn(words, code)) return (row) => codeOf(row) === code
  const wanted = text.toLowerCase().split(/[\\s"'{}(),:;=]+/).filter((word) => word !== '')
  return (row) => wanted.every((word) => words[codeOf(row)].includes(word))
}

function filter() {
  const matches = matcherOf(field.value)
  for (const row of rows) row.hidden = !matches(row)
  for (const section of sections) {
    const count = section.querySelectorAll('.rows li:not([hidden])').length
    section.hidden = count === 0
    section.querySelector('.count').textContent = String(count)
  }
  const count = shown().length
  found.textContent =
    count === 0
      ? 'No problem matches. Search for the "error" of the answer, the last part of its "type", or a word of its text.'
      : (count === rows.length ? '' : count + ' of ') + rows.length + ' problems'
}

field.value = new URLSearchParams(location.search).get('q') ?? ''
field.addEventListener('input', () => {
  filter()
  const text = field.value.trim()
  history.replaceState(null, '', text === '' ? location.pathname : '?q=' + encodeURIComponent(text))
})
field.addEventListener('keydown', ({ key }) => {
  const [first, ...others] = shown()
  if (key === 'Enter' && first && others.length === 0) first.firstElementChild.click()
})
document.getElementById('search').hidden = false
filter()
`
