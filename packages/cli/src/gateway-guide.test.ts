// Runs docs/gateway.md as written, beside a demo: a gateway of one's own, questions as a proxy asks them, the signed header. Only ports differ.
import { readFileSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { findFreePorts } from '@countersign/server/free-port.fixture'
import { skipWithoutCurl } from './curl.fixture.ts'
import { aFolder, startTestDemo } from './demo.fixture.ts'
import { readSteps } from './guide-steps.fixture.ts'
import { runSteps } from './run-guide.fixture.ts'

const root = join(import.meta.dirname, '..', '..', '..')
const main = join(import.meta.dirname, 'main.ts')

test('the commands of docs/gateway.md print what the document says', { skip: skipWithoutCurl() }, async () => {
  const { serverUrl } = await startTestDemo()
  const port = await findFreePorts()
  const cwd = aFolder()
  symlinkSync(process.env['COUNTERSIGN_HOME']!, join(cwd, '.countersign'))
  symlinkSync(join(root, 'node_modules'), join(cwd, 'node_modules'))
  const guide = readFileSync(join(root, 'docs', 'gateway.md'), 'utf8')
    .replaceAll('http://localhost:8080', serverUrl)
    .replaceAll('127.0.0.1:9000', `127.0.0.1:${port}`)
    .replaceAll('127.0.0.1:9001', `127.0.0.1:${port + 1}`)
  // In place of npm and of the node that it brings along.
  const prelude = `export NODE_COMPILE_CACHE=${process.env['NODE_COMPILE_CACHE'] ?? ''} COUNTERSIGN_HOME=${process.env['COUNTERSIGN_HOME']}
node() { '${process.execPath}' "$@"; }
npm() { while [ "$1" != -- ]; do shift; done; shift; exec_node '${main}' "$@"; }
exec_node() { '${process.execPath}' --conditions=@countersign/source --disable-warning=ExperimentalWarning "$@"; }`
  await runSteps('docs/gateway.md', readSteps(guide), { cwd, home: cwd, prelude })
})
