// Programs that only tests need. A missing one is installed if the tests run as root on Debian; otherwise the test is skipped
// with a reason, except in CI, where no test may be skipped.
import { spawnSync } from 'node:child_process'

interface Program {
  readonly name: string
  /** The Debian package that contains the program. */
  readonly debianPackage: string
  readonly isThere: () => boolean
  /** Shell commands before and after the installation. */
  readonly before?: string
  readonly after?: string
}

/**
 * Value for the `skip` of a test: false if the program is present or was installed now, otherwise the reason.
 * @throws Error in CI, where such a test must not be skipped
 */
export function skipWithout({ name, debianPackage, isThere, before = 'true', after = 'true' }: Program): string | false {
  if (isThere()) return false
  if (process.getuid?.() === 0) {
    // Test files run in parallel: the second one waits for the first, and finds the program installed.
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
