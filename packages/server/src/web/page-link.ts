// The address of pages with a code that signs in once, behind the "#": no server, log or Referer sees it.
import type { Configuration } from '../configuration/configuration.ts'
import { isLoopback, parseListen } from '../configuration/listening.ts'

/** @throws TypeError without these pages, and on a server that others than this machine can reach: such a link would be worth a secret */
export function createPageLink(
  name: 'console' | 'portal',
  { publicUrl, listen, tls, behindTlsProxy, ...settings }: LinkConfiguration,
  createCode: () => string,
): string {
  const { console, portal } = settings
  const ofPages = name === 'console' ? console : portal.enabled && portal
  if (!ofPages) throw new TypeError(`The configuration has no "${name}"`)
  if (tls || behindTlsProxy || !isLoopback(parseListen(listen).host)) throw new TypeError('Others than this machine can reach this server')
  return `${ofPages.publicUrl ?? publicUrl}/${name}#once=${createCode()}`
}

type LinkConfiguration = Pick<Configuration, 'console' | 'portal' | 'publicUrl' | 'listen' | 'tls' | 'behindTlsProxy'>
