// The console and the portal load base.css before ui.css: a rule of both has two places in which to change it.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'

test('no property of a selector is set in base.css and again in ui.css', () => {
  const base = new Set(declarationsOf('base.css'))
  assert.ok(base.size > 100, `${base.size} declarations were found`)
  const again = declarationsOf('ui.css').filter((one) => base.has(one))
  assert.deepEqual(again, [])
})

/** Each as `@media … | selector | property`. */
function declarationsOf(name: string): string[] {
  const css = readFileSync(join(import.meta.dirname, name), 'utf8').replaceAll(/\/\*[^]*?\*\//g, '')
  const found: string[] = []
  const outside = css.replaceAll(/(@media[^{]*)\{((?:[^{}]*\{[^{}]*\})*)\s*\}/g, (_block, media: string, rules: string) => {
    found.push(...ofRules(rules, media.trim()))
    return ''
  })
  return [...found, ...ofRules(outside, '')]
}

function ofRules(css: string, media: string): string[] {
  return [...css.matchAll(/([^{}]*)\{([^{}]*)\}/g)].flatMap(([, selectors = '', body = '']) =>
    selectors.split(',').flatMap((selector) =>
      body
        .split(';')
        .filter((one) => one.includes(':'))
        .map((one) => [media, selector.trim().replaceAll('"', "'"), one.split(':')[0]!.trim()].join(' | ')),
    ),
  )
}
