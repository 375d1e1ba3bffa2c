// Hostile texts where only the portal shows them, or to other eyes: names of people and of who invited them, what was asked for and answered, and
// the programs of sessions. All of it belongs to Acme.
import { hostileTexts } from './hostile-texts.ts'
import type { OpenedPages } from './opened-pages.ts'
import { joinPortal } from './people.ts'
import type { PortalPeople } from './portal-readers.ts'
import { fullRealm, type Operator } from './served-pages.ts'

export interface StoredForPortal {
  /** The session of an admin, whose name is one of the texts. */
  readonly admin: PortalPeople['admin']
  /** How many of the texts were taken, by what they became. */
  readonly taken: Readonly<Record<string, number>>
}

const params = { realm: fullRealm, organization: 'acme' }
/** An organization asks at most 50 times a day. */
const asked = hostileTexts.filter((_text, index) => index % 4 === 1).slice(0, 45)
/** A name has only what can be seen. */
const names = hostileTexts.filter((text) => /^[\x20-\x7e]{1,100}$/.test(text)).filter((_text, index) => index % 9 === 0)
const maxPeople = 4
/** As many sessions as one secret has. */
const programs = hostileTexts.filter((text) => /^[\x20-\x7e]{1,200}$/.test(text)).slice(0, 20)

export async function storeForPortal(pages: OpenedPages, agent: Operator): Promise<StoredForPortal> {
  const { admin, origin } = pages
  const taken = { requests: 0, answers: 0, people: 0, invitations: 0, sessions: 0 }

  for (const [index, text] of asked.entries()) {
    const body = { kind: 'client', what: text.slice(0, 150), note: text.slice(0, 480) } as const
    const request = await admin.call('accessRequests.create', { params, body }).catch(() => undefined)
    if (!request) continue
    taken.requests++
    if (index % 4 === 0) continue
    const answered = { params: { ...params, accessRequest: request.id }, body: { answer: text.slice(0, 480) } }
    taken.answers += await admin.call('accessRequests.decline', answered).then(
      () => 1,
      () => 0,
    )
  }

  for (const program of programs) {
    const headers = { 'content-type': 'application/json', origin, 'user-agent': program }
    const { ok, body } = await fetch(`${origin}/portal/api/session`, { method: 'POST', headers, body: JSON.stringify(agent) })
    await body?.cancel()
    taken.sessions += Number(ok)
  }

  let cookies: PortalPeople['admin'] = []
  for (const name of names.slice(0, maxPeople)) {
    const { tab, context } = await pages.openTab({ operator: null, isExpected: () => true })
    await joinPortal(pages, tab, { organization: 'acme', role: 'admin', name, address: 'mia@acme.example' })
    taken.people++
    const status = await tab.evaluate(
      async ([url]) =>
        (await fetch(url!, { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{"role":"viewer"}' })).status,
      [`/portal/api/v1/realms/${fullRealm}/organizations/acme/invitations`],
    )
    taken.invitations += Number(status === 201)
    cookies = await context.cookies()
    await tab.close()
  }
  return { admin: cookies, taken }
}
