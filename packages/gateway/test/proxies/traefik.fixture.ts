// Traefik is neither in Debian nor installable from its Go module: "go install" refuses a module with replacements, and one of its modules is not
// published. Building it takes ten minutes and more. So its test runs where a program is given.
import { existsSync } from 'node:fs'

export const traefik = process.env['TRAEFIK'] ?? '/usr/local/bin/traefik'

/** Value for the `skip` of a test, also in CI. */
export function skipWithoutTraefik(): string | false {
  return existsSync(traefik) ? false : 'there is no Traefik: install one as /usr/local/bin/traefik, or name it in TRAEFIK'
}
