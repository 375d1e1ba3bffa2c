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

/** Whether this command is the script that npm runs, and not one below it, which may outlive its parent as with "nohup". */
function isRunByNpm(entry) {
  return (process.env.npm_lifecycle_script ?? '').includes(`scripts/run.mjs ${entry}`)
}

const parent = process.ppid
installWhatIsMissing()
const args = process.argv.slice(2)
const options = [
  `--import=${new URL('end-with-wrapper.mjs', import.meta.url)}`,
  '--conditions=@countersign/source',
  '--disable-warning=ExperimentalWarning',
  ...optionsOf(args[0] ?? ''),
]
// In a process group of its own, the child gets signals from here only: a Ctrl-C, which reaches every process of the terminal's group, would
// come twice otherwise, and the second one ends a server at once.
const child = spawn(pinnedNode, [...options, ...args], {
  stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
  detached: true,
  env: { ...process.env, COUNTERSIGN_WRAPPED: '1' },
})

/** A Ctrl-C arrives twice, from the terminal and from npm, which passes it on. Milliseconds. */
const samePressMs = 500
const passedAt = new Map()

function passOnce(signal) {
  const now = performance.now()
  if (now - (passedAt.get(signal) ?? -Infinity) < samePressMs) return
  passedAt.set(signal, now)
  if (isStop(signal)) child.send('stop', () => {})
  signalChild(signal)
}

const isStop = (signal) => signal === 'SIGINT' || signal === 'SIGTERM'

/** Reaches also what the child has started, as the terminal does. */
function signalChild(signal) {
  try {
    process.kill(-child.pid, signal)
  } catch {
    // It has ended; its exit follows.
  }
}

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT']) process.on(signal, () => passOnce(signal))
process.on('SIGTSTP', () => {
  signalChild('SIGSTOP') // The terminal's own signal has no effect in a group outside of its session.
  process.kill(process.pid, 'SIGSTOP')
})
process.on('SIGCONT', () => signalChild('SIGCONT'))

// After SIGKILL npm passes nothing on; this process then has another parent, of which Node has no event.
if (isRunByNpm(args[0])) {
  const watch = setInterval(() => {
    if (process.ppid === parent) return
    clearInterval(watch)
    // A server that stops already would be ended at once.
    if (![...passedAt.keys()].some(isStop)) passOnce('SIGTERM')
  }, 500).unref()
}

/** Signals that end this process too, so that its parent learns how the child ended. */
const mirrored = new Set(['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGKILL'])

child.on('exit', (code, signal) => {
  if (!mirrored.has(signal)) process.exit(code ?? 128 + (constants.signals[signal] ?? 0))
  process.removeAllListeners(signal)
  process.kill(process.pid, signal)
})
