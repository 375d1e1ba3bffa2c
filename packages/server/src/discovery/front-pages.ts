// What a person sees who opens the address of the server or the issuer of a realm in a browser: what this is, and where to go. Names no
// version, and no realm but the one in the path.
import type { FastifyInstance } from 'fastify'
import { ProblemError } from '../errors.ts'
import { card, linkList, mountFrontPages, type FrontPage } from '../http/front-page.ts'
import { escapeHtml } from '../http/html-page.ts'
import { linkToServer } from './link-to-server.ts'
import type { RealmAddress } from '../realms/realm-addresses.ts'
import { realmPaths } from '../realms/realm-paths.ts'
import type { Realm } from '../realms/realm.ts'

/** What the start page links to besides the problems, as far as this server has it. */
export interface StartLinks {
  readonly console?: boolean
  readonly portal?: boolean
  /** Whether clients are served the reference of the admin API. */
  readonly reference?: boolean
}

export function mountServerFrontPage(app: FastifyInstance, links: StartLinks): Promise<void> {
  return mountFrontPages(app, [serverPage(links)], refusePrograms)
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

type Link = Parameters<typeof linkList>[0][number]

function serverPage(has: StartLinks): FrontPage {
  const links: readonly (Link | false | undefined)[] = [
    has.console && ['/console', 'Console', 'for operators: organizations, clients, refusals, changes'],
    has.portal && ['/portal', 'Portal', 'for companies that call the API: their clients and secrets'],
    ['/problems', 'Problems', 'every error: what happened, why, and what to do'],
    has.reference && ['/admin/v1/reference', 'Admin API', 'the reference for operators'],
  ]
  const program = '<code>countersign --help</code>'
  const ownPages = has.portal ? ' Your clients, secrets and refusals are in the <a href="/portal">portal</a>.' : ''
  const operate = has.console
    ? `Sign in to the <a href="/console">console</a>, or use the command: ${program}. Both use the admin API.`
    : `Use the command: ${program}. It uses the admin API, as your own programs can.`
  return {
    path: '/',
    title: 'Countersign',
    frame: { problems: '/problems' },
    body: `<p class="lead">This is an authorization server. It issues access tokens to programs (OAuth 2.0 client credentials), and the APIs that
trust it ask what each company may do.</p>
<div class="trio">
${card(
  'You call an API',
  `<p>The provider of the API gives you a token URL, a client id and a client secret, or registers your public key. Your program sends
them in a POST request and gets a token that is valid for some minutes.${ownPages}</p>`,
)}
${card('You operate this server', `<p>${operate}</p>`)}
${card(
  'You evaluate it',
  `<p>Start with the <a href="/problems">problems</a>: each shows the answer that a program gets, its causes, and who can fix it. In a
clone, <code>npm start</code> runs a demo with four systems.</p>`,
)}
</div>
<h2>Where to go</h2>
${linkList(links.filter((link): link is Link => typeof link === 'object'))}`,
  }
}

function pageOf(realm: Realm, { path, tokenUrl }: RealmAddress, publicUrl: string): FrontPage {
  const { name, issuer, tokenProfile } = realm
  const paths = realmPaths({ issuerPath: path, tokenProfile })
  const problems = linkToServer(realm, publicUrl, '/problems')
  const server = linkToServer(realm, publicUrl, '/')
  return {
    path,
    title: `Issuer of the realm ${name}`,
    frame: { home: server, problems },
    body: `<p class="lead">The issuer below identifies who issued a token: it is the <code>iss</code> of the tokens of this realm. Programs use the addresses below.</p>
${card('Token endpoint', `<p>POST <code>${escapeHtml(tokenUrl)}</code></p>`)}
${card('Issuer', `<p><code>${escapeHtml(issuer)}</code></p>`)}
<h2>Where to go</h2>
${linkList([
  [paths.openidConfiguration, 'Discovery document', 'all endpoints of this realm, as JSON'],
  [paths.keys, 'Public keys', 'to verify tokens (JWKS)'],
  [problems, 'Problems', 'every error: what happened, why, and what to do'],
  [server, 'This server', 'what it is'],
])}`,
    endpoint: { kind: 'discovery', realm: name },
  }
}
