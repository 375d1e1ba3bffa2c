// What a person sees who opens the address of the server or the issuer of a realm in a browser: what this is, and where to go. Names no
// version, and no realm but the one in the path.
import type { FastifyInstance } from 'fastify'
import { ProblemError } from '../errors.ts'
import { escapeHtml, linkList, mountFrontPages, type FrontPage } from '../http/html-page.ts'
import { linkToServer } from './link-to-server.ts'
import type { RealmAddress } from '../realms/realm-addresses.ts'
import { realmPaths } from '../realms/realm-paths.ts'
import type { Realm } from '../realms/realm.ts'

/** @param hasReference whether clients are served the reference of the admin API */
export function mountServerFrontPage(app: FastifyInstance, hasReference: boolean): Promise<void> {
  return mountFrontPages(app, [serverPage(hasReference)], refusePrograms)
}

/** One at each address of a realm. At the root of the server, there is only the page of the server. */
export async function mountRealmFrontPages(app: FastifyInstance, realm: Realm, publicUrl: string): Promise<void> {
  const addresses = realm.addresses.filter(({ path }) => path !== '')
  const pages = addresses.map((address) => pageOf(realm, address, publicUrl))
  if (pages.length > 0) await mountFrontPages(app, pages, refusePrograms)
}

function refusePrograms(): never {
  throw new ProblemError('not-found', {
    detail: 'There is only a page for browsers at this path.',
    remedy: 'Use the token URL that the provider of the API has given you; open this path in a browser for more.',
  })
}

const serverPage = (hasReference: boolean): FrontPage => ({
  path: '/',
  title: 'Countersign',
  body: `<p class="lead">This is an authorization server. It gives access tokens to programs (OAuth 2.0 client credentials); people do not sign in here.</p>
<section><h2>You call an API</h2><p>The provider of the API gives you a token URL, a client id and a client secret, or registers your public key. A program sends them, or a signature, in a POST
request and gets a token that is valid for some minutes.</p></section>
<section><h2>You operate this server</h2><p>Use the <code>countersign</code> command, or the admin API.</p></section>
<h2>Where to go</h2>
${linkList([
  ['/problems', 'All errors', 'what happened, why, and what to do'],
  ...(hasReference ? [['/admin/v1/reference', 'Admin API', 'the reference for operators'] as const] : []),
])}`,
})

function pageOf(realm: Realm, { path, tokenUrl }: RealmAddress, publicUrl: string): FrontPage {
  const { name, issuer, tokenProfile } = realm
  const paths = realmPaths({ issuerPath: path, tokenProfile })
  return {
    path,
    title: `Issuer of the realm ${name}`,
    body: `<p class="lead">The issuer below identifies who issued a token: it is the <code>iss</code> of the tokens of this realm. Programs use the addresses below.</p>
<section><h2>Token endpoint</h2><p>POST <code>${escapeHtml(tokenUrl)}</code></p></section>
<section><h2>Issuer</h2><p><code>${escapeHtml(issuer)}</code></p></section>
<h2>Where to go</h2>
${linkList([
  [paths.openidConfiguration, 'Discovery document', 'all endpoints of this realm, as JSON'],
  [paths.keys, 'Public keys', 'to verify tokens (JWKS)'],
  [linkToServer(realm, publicUrl, '/problems'), 'All errors', 'what happened, why, and what to do'],
  [linkToServer(realm, publicUrl, '/'), 'This server', 'what it is'],
])}`,
    endpoint: { kind: 'discovery', realm: name },
  }
}
