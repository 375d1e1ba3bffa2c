// The page at the authorization endpoint that the metadata of a realm names, because OpenID Connect Discovery §3 requires one and strict
// libraries read no metadata without it. There is no login: the page says so, whatever the query asks for, and repeats nothing of it.
import type { FastifyInstance } from 'fastify'
import { card } from '../http/front-page.ts'
import { escapeHtml, htmlPage, sendHtml } from '../http/html-page.ts'
import { linkToServer } from './link-to-server.ts'
import type { RealmAddress } from '../realms/realm-addresses.ts'
import type { Realm } from '../realms/realm.ts'

export function mountAuthorizationPage(
  app: FastifyInstance,
  realm: Realm,
  { tokenUrl }: RealmAddress,
  path: string,
  publicUrl: string,
): void {
  const html = Buffer.from(authorizationHtml(realm, tokenUrl, publicUrl))
  app.get(path, { config: { endpoint: { kind: 'discovery', realm: realm.name } } }, (_request, reply) => sendHtml(reply, html))
}

function authorizationHtml(realm: Realm, tokenUrl: string, publicUrl: string): string {
  return htmlPage(
    'There is no login here',
    `<p class="lead">Tokens of <code>${escapeHtml(realm.issuer)}</code> are for programs. They get them at the token endpoint
<code>${escapeHtml(tokenUrl)}</code>; no person logs in, and there is neither a code nor an id_token.</p>
${card(
  'A program opened this page to get a token',
  `<p>Configure its OAuth library for the grant <code>client_credentials</code> (RFC 6749 section 4.4) and the token endpoint above.</p>`,
)}
${card(
  'An application sent you here to log in',
  '<p>Tell its provider that it is configured for a login, which this server does not have.</p>',
)}`,
    { home: linkToServer(realm, publicUrl, '/'), problems: linkToServer(realm, publicUrl, '/problems') },
  )
}
