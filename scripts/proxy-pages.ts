// The generated parts of docs/gateway.md: the configurations of packages/gateway/proxies, as they are tested, and what arrived through each proxy
// when it was run.
import { readFileSync } from 'node:fs'
import type { Fidelity } from '../packages/gateway/test/proxies/fidelity.fixture.ts'

const folder = 'packages/gateway/proxies'
const place = /(<!-- proxies: (\S+) -->\n)[^]*?(<!-- end of \2 -->)/g
const languages: Readonly<Record<string, string>> = { conf: 'apache', cfg: 'haproxy', lua: 'lua', yaml: 'yaml' }

type Results = Readonly<Record<string, Fidelity>>

/** Also for the safety test. */
export function withProxyParts(document: string): string {
  return document.replace(place, (_, begin: string, name: string, end: string) => `${begin}\n${partOf(name)}\n${end}`)
}

function partOf(name: string): string {
  if (name === 'denials') return denialTable(readResults())
  if (name === 'passed') return passedTable(readResults())
  return `\`\`\`${languageOf(name)}\n${readFileSync(`${folder}/${name}`, 'utf8')}\`\`\`\n`
}

function languageOf(name: string): string {
  if (name.startsWith('nginx/')) return 'nginx'
  if (name === 'caddy/Caddyfile') return 'caddyfile'
  return languages[/\.(\w+)$/.exec(name)?.[1] ?? ''] ?? 'text'
}

function readResults(): Results {
  return JSON.parse(readFileSync(`${folder}/results.json`, 'utf8')) as Results
}

function denialTable(results: Results): string {
  const header = ['proxy', 'version', 'status', 'challenge', 'problem document', 'rate fields, `Retry-After`', 'request id']
  const rows = Object.entries(results).map(([name, { version, lost }]) =>
    [name, version, lost.status, lost.challenge, lost.problem, lost.rateFields, lost.requestId].map((cell) =>
      typeof cell === 'string' ? cell : arrived(cell),
    ),
  )
  return table(header, rows)
}

/** @param cases in which it does not arrive */
function arrived(cases: readonly string[]): string {
  return cases.length === 0 ? 'as it is' : `not of: ${cases.join(', ')}`
}

function passedTable(results: Results): string {
  const header = ['proxy', 'rate fields', 'request id', 'empty header', 'other spellings', 'body streams', 'gateway away', 'fails', 'slow']
  const rows = Object.entries(results).map(([name, { passed, spellings, streams, failing }]) => [
    name,
    yesOrNo(passed.rateFields),
    yesOrNo(passed.requestId),
    passed.emptyHeader,
    describeSpellings(spellings),
    yesOrNo(streams),
    String(failing.away),
    String(failing.fails),
    failing.slow === null ? 'waits' : String(failing.slow),
  ])
  return table(header, rows)
}

function describeSpellings(spellings: Fidelity['spellings']): string {
  const outcomes = Map.groupBy(Object.entries(spellings), ([, outcome]) => outcome)
  const { replaced: _, ...others } = Object.fromEntries(outcomes) as Record<string, [string, string][]>
  const parts = Object.entries(others).map(([outcome, all]) => `${outcome}: ${all.map(([name]) => `\`${name}\``).join(', ')}`)
  return Object.keys(others).length === 1 ? (Object.keys(others)[0] ?? '') : parts.join('; ')
}

function yesOrNo(value: boolean): string {
  return value ? 'yes' : 'no'
}

function table(header: readonly string[], rows: readonly (readonly string[])[]): string {
  return [header, header.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |\n`).join('')
}
