// Runs a TypeScript entry on the Node that this project pins, installing the dependencies first when they are missing.
// Plain JavaScript for Node 20, because it is the one file that runs before anything is installed.
import { spawn, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { constants } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const pinnedNode = join(root, 'node_modules', 'node', 'bin', 'node')
const stamp = join(root, 'node_modules', '.countersign-installed')

function installWhatIsMissing() {
  const wanted = createHash('sha256')
    .update(readFileSync(join(root, 'package-lock.json')))
    .digest('hex')
  const installed = existsSync(stamp) ? readFileSync(stamp, 'utf8') : ''
  if (installed === wanted && existsSync(pinnedNode)) return
  console.error('Installing the dependencies (once, about half a minute) ...')
  const { status } = spawnSync('npm', ['install', '--no-save', '--include=dev', '--loglevel=error', '--no-fund', '--no-audit'], {
    cwd: root,
    stdio: ['ignore', 2, 2],
  })
  if (status !== 0) {
    console.error(
      '\n"npm install" failed; its message is above. Check that the npm registry is reachable, then run the same command again.',
    )
    process.exit(status ?? 1)
  }
  writeFileSync(stamp, wanted)
}

/** The options of Node in the first line of an entry, as if the system had started it by that line. */
function optionsOf(entry) {
  const [, options = ''] = (existsSync(entry) && /^#!.*\bnode (.*)/.exec(readFileSync(entry, 'utf8'))) || []
  return options.split(' ').filter(Boolean)
}

installWhatIsMissing()
const args = process.argv.slice(2)
const options = ['--conditions=@countersign/source', '--disable-warning=ExperimentalWarning', ...optionsOf(args[0] ?? '')]
const child = spawn(pinnedNode, [...options, ...args], { stdio: 'inherit' })
// A Ctrl-C reaches the whole process group; a signal to this process alone has to be forwarded.
for (const signal of ['SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal))
process.on('SIGINT', () => {})
// When npm is stopped, it stops its shell but not the children of the shell; this process then has another parent.
const parent = process.ppid
setInterval(() => process.ppid === parent || child.kill('SIGTERM'), 500).unref()
child.on('exit', (code, signal) => process.exit(code ?? 128 + (constants.signals[signal] ?? 0)))
