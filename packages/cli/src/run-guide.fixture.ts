// Runs the steps of a guide in one shell, from top to bottom, and compares their output with the text.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { findMissingLine, type Step } from './guide-steps.fixture.ts'

/** Below the time limit of a test. Milliseconds. */
const maxRunMs = 280_000

interface RunOptions {
  /** The folder in which the shell begins. */
  readonly cwd: string
  readonly home: string
  /** Run before the first step. */
  readonly prelude?: string
  /** Ends what the steps started outside of the process group of the shell. */
  readonly endMore?: () => void
}

export async function runSteps(
  guide: string,
  steps: readonly Step[],
  { cwd, home, prelude = '', endMore = () => {} }: RunOptions,
): Promise<void> {
  assert.ok(steps.length > 5)
  const shell = spawn('bash', ['-e', '-o', 'pipefail'], {
    cwd,
    detached: true,
    env: { PATH: process.env['PATH'], HOME: home, LANG: 'C.UTF-8' },
  })
  const endEverything = () => {
    try {
      process.kill(-shell.pid!, 'SIGKILL')
    } catch {
      // Already stopped, as expected.
    }
    endMore()
  }
  let printed = ''
  for (const stream of [shell.stdout, shell.stderr]) stream.setEncoding('utf8').on('data', (text: string) => (printed += text))
  const script = steps.map(({ commands }, index) => `printf '\\n== step ${index}\\n'\n${commands}`).join('')
  // Wrapped into one command, so that no command reads the rest of the script from standard input.
  shell.stdin.end(`{\n${prelude}\n${script}\n} < /dev/null 2>&1\n`)
  // If a step hangs, the last printed number is that of the step.
  const deadline = setTimeout(endEverything, maxRunMs)
  const code = await new Promise((resolve) => shell.once('exit', resolve))
  clearTimeout(deadline)
  endEverything()

  const outputs = printed.split(/^== step \d+\n/m).slice(1)
  for (const [index, output] of outputs.entries()) {
    const { line, expected, commands } = steps[index]!
    const missing = findMissingLine(expected, output)
    const where = `line ${line} of ${guide}:\n${commands}\nprinted:\n${output}`
    assert.equal(missing, undefined, `"${missing}" is not what is printed by ${where}`)
    if (index === outputs.length - 1) assert.equal(code, 0, `this failed: ${where}`)
  }
  assert.equal(outputs.length, steps.length)
}
