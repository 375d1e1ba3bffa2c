// Proxies that Debian has. Installing one must not start it: it would listen on port 80.
import { existsSync } from 'node:fs'
import { skipWithout } from '@countersign/server/installed-program.fixture'

/** Value for the `skip` of a test. */
export function skipWithoutDebian(name: string, debianPackage: string, file: string): string | false {
  return skipWithout({
    name,
    debianPackage,
    isThere: () => existsSync(file),
    before: `printf '#!/bin/sh\\nexit 101\\n' > /usr/sbin/policy-rc.d && chmod 755 /usr/sbin/policy-rc.d`,
    after: 'rm -f /usr/sbin/policy-rc.d',
  })
}
