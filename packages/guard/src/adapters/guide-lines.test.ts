// Counts in docs/frameworks.md what a provider writes for one guarded route: its path, requirement and handler.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'

const guide = readFileSync(join(import.meta.dirname, '..', '..', '..', '..', 'docs', 'frameworks.md'), 'utf8')
const sections = new Map(guide.split(/^## /m).map((section) => [section.slice(0, section.indexOf('\n')), section]))
const frameworks = 'Express,Fastify,Koa,NestJS,node:http,Next.js,Hono,Cloudflare Workers,Deno,Bun,AWS Lambda'.split(',')

/** From the first line that names the partner, or the decorator above it, to the one that only closes brackets. */
function linesOfRoute(program: string): string[] {
  const lines = program.split('\n').filter((line) => line.trim() !== '' && !line.startsWith('// '))
  // A route of Next.js is a file.
  if (program.startsWith('// app/')) return lines
  const from = lines.findIndex((line) => line.includes('sellerId'))
  const to = lines.findIndex((line, index) => index > from && /^\s*[)}\]]+,?$/.test(line))
  return lines.slice(from, to + 1)
}

for (const framework of frameworks)
  test(`one guarded route of ${framework} is five lines at most`, () => {
    const programs = Array.from(sections.get(framework)?.matchAll(/^```ts\n([^]*?)^```$/gm) ?? [], ([, text = '']) => text)
    const lines = linesOfRoute(programs.find((text) => text.includes('sellerId')) ?? assert.fail('no program'))
    assert.ok(lines.length > 1 && lines.length <= 5, lines.join('\n'))
    assert.match(lines.join('\n'), /param\('sellerId'\)[^]*orders: \[\]/)
  })
