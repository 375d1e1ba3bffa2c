// The address of the console with a code that signs in once, behind the "#": no server, log or Referer sees it.
import type { Configuration } from '../configuration/configuration.ts'
import { isLoopback, parseListen } from '../configuration/listening.ts'

/** @throws TypeError without a console, and on a server that others than this machine can reach: such a link would be worth an operator's secret */
export function createConsoleLink(
  {
    console: settings,
    publicUrl,
    listen,
    tls,
    behindTlsProxy,
  }: Pick<Configuration, 'console' | 'publicUrl' | 'listen' | 'tls' | 'behindTlsProxy'>,
  createCode: () => string,
): string {
  if (!settings) throw new TypeError('The configuration has no "console"')
  if (tls || behindTlsProxy || !isLoopback(parseListen(listen).host)) throw new TypeError('Others than this machine can reach this server')
  return `${settings.publicUrl ?? publicUrl}/console#once=${createCode()}`
}
