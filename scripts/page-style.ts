// The style of the pages that the server makes, as a module that a published package carries like any other: the look that all pages
// share (packages/web) and the parts of these pages.
import { readFileSync } from 'node:fs'

const sources = ['packages/web/src/shared/tokens.css', 'packages/web/src/shared/base.css', 'packages/web/src/shared/server-pages.css']

export function pageStyleModule(): string {
  const rules = sources.map((path) => packStyle(readFileSync(path, 'utf8'))).join('')
  return `// Written by scripts/generate.ts from ${sources.join('\n// and ')}: change these.
export const pageStyle = \`
${rules.replace(/[\\`]|\$\{/g, '\\$&')}\`
`
}

/** One line for each rule, without comments and needless blanks. */
export function packStyle(css: string): string {
  const text = css
    .replaceAll(/\/\*[^]*?\*\//g, '')
    .replaceAll(/\s+/g, ' ')
    .replaceAll(/ ?([{};,]) ?/g, '$1')
    .replaceAll(': ', ':')
    .replaceAll(';}', '}')
    .trim()
  let depth = 0
  return text.replaceAll(/[{}]/g, (brace) => {
    depth += brace === '{' ? 1 : -1
    return depth === 0 ? '}\n' : brace
  })
}
