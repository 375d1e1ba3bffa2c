// The real curl, for requests that a document prints as a curl command.
import { runs, skipWithout } from '@countersign/server/installed-program.fixture'

/** For the `skip` of a test: false, or the reason why curl is missing. */
export function skipWithoutCurl(): string | false {
  return skipWithout({ name: 'curl', debianPackage: 'curl', isThere: () => runs('curl', '--version') })
}
