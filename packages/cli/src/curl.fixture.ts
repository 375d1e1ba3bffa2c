// The real curl, for requests that a document prints as a curl command.
import { spawnSync } from 'node:child_process'

/**
 * For the `skip` of a test: false where curl is there, by now at least, and the reason where it is not.
 * @throws Error in CI, where such a test must not be skipped
 */
export function skipWithoutCurl(): string | false {
  if (runs('curl', '--version')) return false
  if (process.getuid?.() === 0 && runs('apt-get', 'update') && runs('apt-get', 'install', '--yes', 'curl')) return false
  const reason = 'curl is not installed, and only root can install it here by "apt-get install curl"'
  if (process.env['CI'] === 'true') throw new Error(reason)
  return reason
}

function runs(program: string, ...args: string[]): boolean {
  return spawnSync(program, args, { stdio: 'ignore' }).status === 0
}
