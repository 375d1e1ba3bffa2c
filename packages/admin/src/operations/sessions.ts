// Sessions in the console and the portal: who is signed in, and ending a session.
import { z } from 'zod'
import type { Operation } from '../operation.ts'
import { signedInSession } from '../session-shapes.ts'
import * as shapes from '../shapes.ts'

export const sessionOperations = {
  'sessions.list': {
    summary: 'List who is signed in to the console and the portal',
    description:
      'Most recent sign-in first. A session that was not used for the time of the setting `idle` is over, and left out. An operator that is limited to realms gets the sessions of these realms.',
    method: 'GET',
    path: '/admin/v1/sessions',
    scope: 'audit:read',
    status: 200,
    acrossRealms: 'filtered',
    params: z.strictObject({}),
    query: shapes.pageQuery.extend({
      mount: z.enum(['console', 'portal']).optional().describe('Return sessions in these pages.'),
      realm: shapes.realmName.optional().describe('Return sessions of clients and persons of this realm.'),
    }),
    output: shapes.page(signedInSession),
  },
  'sessions.end': {
    summary: 'End a session in the console or the portal',
    description:
      'The next request with its cookie is refused. An operator may always end its own sessions; those of others need the scope `clients:write`, and those in the console an owner.',
    method: 'DELETE',
    path: '/admin/v1/sessions/{session}',
    scope: null,
    status: 200,
    acrossRealms: 'filtered',
    params: z.strictObject({ session: shapes.uuid.describe('Id of the session.') }),
    body: shapes.onlyReason,
    output: z.strictObject({ id: shapes.uuid }),
  },
} as const satisfies Record<string, Operation>
