// Programs that only tests need: where one is missing and this is a Debian of our own, it is installed; elsewhere the test says
// why it is skipped, except in CI, where nothing may be skipped.
import { spawnSync } from 'node:child_process'

interface Program {
  readonly name: string
  /** The Debian package that brings it. */
  readonly debianPackage: string
  readonly isThere: () => boolean
  /** Shell commands around the installation. */
  readonly before?: string
  readonly after?: string
}

/**
 * For the `skip` of a test: false where the program is there, by now at least, and the reason where it is not.
 * @throws Error in CI, where such a test must not be skipped
 */
export function skipWithout({ name, debianPackage, isThere, before = 'true', after = 'true' }: Program): string | false {
  if (isThere()) return false
  if (process.getuid?.() === 0) {
    // Test files run side by side: the second one waits for the first, and finds the work done.
    const install = `apt-get update && ${before} && apt-get install --yes --no-install-recommends ${debianPackage}; ${after}`
    const check = `dpkg --status ${debianPackage} | grep -q '^Status: install ok installed'`
    spawnSync('flock', ['/tmp/countersign-test-programs.lock', 'sh', '-c', `${check} || { ${install}; }`], {
      stdio: 'ignore',
      env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
    })
    if (isThere()) return false
  }
  const reason = `${name} is not installed, and only root can install it here by "apt-get install ${debianPackage}"`
  if (process.env['CI'] === 'true') throw new Error(reason)
  return reason
}

export function runs(program: string, ...args: string[]): boolean {
  return spawnSync(program, args, { stdio: 'ignore' }).status === 0
}
