// Runs docs/keys.md as written: a planned rotation, an emergency, a new algorithm, the key of another server. Only the port differs.
// Takes 60 s.
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { findFreePorts } from '@countersign/server/free-port.fixture'
import { skipWithoutCurl } from './curl.fixture.ts'
import { aFolder } from './demo.fixture.ts'
import { readSteps } from './guide-steps.fixture.ts'
import { runSteps } from './run-guide.fixture.ts'

const guide = readFileSync(join(import.meta.dirname, '..', '..', '..', 'docs', 'keys.md'), 'utf8')
const main = join(import.meta.dirname, 'main.ts')

test('the commands of docs/keys.md print what the document says', { skip: skipWithoutCurl() }, async () => {
  const port = String(await findFreePorts())
  const [cwd, bin] = [aFolder(), aFolder()]
  // What "init" writes and prints has the default port.
  const command = `#!/bin/bash
command=(${process.execPath} --conditions=@countersign/source --disable-warning=ExperimentalWarning ${main})
if [ "$1" != init ]; then exec "\${command[@]}" "$@"; fi
"\${command[@]}" init | sed 's/8080/${port}/' && sed -i 's/8080/${port}/' countersign.yaml
`
  writeFileSync(join(bin, 'countersign'), command, { mode: 0o755 })
  const prelude = `PATH=${bin}:$PATH\nexport NODE_COMPILE_CACHE=${process.env['NODE_COMPILE_CACHE'] ?? ''}\numask 077`
  await runSteps('docs/keys.md', readSteps(guide.replaceAll('8080', port)), { cwd, home: cwd, prelude })
})
