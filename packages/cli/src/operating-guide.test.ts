// Runs docs/operating.md as written: its command blocks in one shell, from top to bottom, and compares their output with the text.
// Only the ports differ, to avoid conflicts with other programs. Takes 85 s.
import { existsSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { skipWithout } from '@countersign/server/installed-program.fixture'
import { skipWithoutPostgres } from '@countersign/server/store/postgres.fixture'
import { findFreePorts } from '@countersign/server/free-port.fixture'
import { aFolder } from './demo.fixture.ts'
import { readSteps, type Step } from './guide-steps.fixture.ts'
import { runSteps } from './run-guide.fixture.ts'

const root = join(import.meta.dirname, '..', '..', '..')
const skip =
  skipWithoutPostgres() ||
  skipWithout({
    name: 'nginx',
    debianPackage: 'nginx-light',
    isThere: () => existsSync('/usr/sbin/nginx'),
    // The package would otherwise start a server of its own on port 80.
    before: `printf '#!/bin/sh\\nexit 101\\n' > /usr/sbin/policy-rc.d && chmod 755 /usr/sbin/policy-rc.d`,
    after: 'rm -f /usr/sbin/policy-rc.d',
  })

/** Replaces the ports of the text by free ones. "808$n" and "946$n" are prefix and number of the nodes' ports. */
async function withFreePorts(text: string): Promise<string> {
  const [single, database, nodes, operations] = await distinct(4)
  return text
    .replace(/\b(?:808|946)(?=[1238]\b|\$)/g, (prefix) => String(prefix === '808' ? nodes : operations).slice(0, -1))
    .replace(/\b(?:8080|9464|5433)\b/g, (port) => String({ '8080': single, '9464': single! + 1, '5433': database }[port]))
    .replace(/^countersign init (?:--config (\S+))?.*> (\S+)$/gm, (line, config = 'countersign.yaml', printed) =>
      // The file that "init" writes has the default ports. Replaced on the same line, so that line numbers stay the same.
      [line, `sed -i 's/8080/${single}/; s/9464/${single! + 1}/' ${config} ${printed}`].join('; '),
    )
}

/** Free ports whose numbers differ in more than the last digit. */
async function distinct(count: number): Promise<number[]> {
  const tens = new Map<number, number>()
  while (tens.size < count) {
    const port = await findFreePorts()
    tens.set(Math.floor(port / 10), port)
  }
  return [...tens.values()]
}

const guide = readFileSync(join(root, 'docs', 'operating.md'), 'utf8')
const secondHalf = guide.indexOf('## Three servers')

test('on SQLite, the commands of docs/operating.md print what the document says', { skip }, async () => {
  await runGuide(readSteps(await withFreePorts(guide)).filter(({ line }) => line < lineOf(secondHalf)))
})

test('on PostgreSQL, the commands of docs/operating.md print what the document says', { skip }, async () => {
  const [makeTheCommand, ...others] = readSteps(await withFreePorts(guide))
  await runGuide([makeTheCommand!, ...others.filter(({ line }) => line > lineOf(secondHalf))])
})

function lineOf(index: number): number {
  return guide.slice(0, index).split('\n').length
}

function runGuide(steps: readonly Step[]): Promise<void> {
  const home = aFolder()
  return runSteps('docs/operating.md', steps, { cwd: root, home, endMore: () => endServers(home) })
}

/** Stops what a failed step left running in groups of their own: nginx and PostgreSQL. */
function endServers(home: string): void {
  const three = join(home, 'try', 'three')
  const firstLine = (file: string) => (existsSync(file) ? readFileSync(file, 'utf8').split('\n')[0]! : '')
  const data = firstLine(join(three, 'data-folder'))
  const others = [firstLine(join(three, 'nginx.pid')), data === '' ? '' : firstLine(join(data, 'data', 'postmaster.pid'))]
  for (const pid of others.map(Number)) {
    try {
      if (pid !== 0) process.kill(pid, 'SIGQUIT')
    } catch {
      // Already stopped, as expected.
    }
  }
  if (data.startsWith('/tmp/countersign-try-')) rmSync(data, { recursive: true, force: true })
}
