// Secrets and their rotation: stable, issued (a new secret exists), overlapping (it was used), and stable again by confirm,
// by cancel or by the end of the window.
import { z } from 'zod'
import type { Operation } from '../operation.ts'
import * as shapes from '../shapes.ts'
import { inRealm, ofClient } from './paths.ts'

const force = z.boolean().default(false)

export const secretOperations = {
  'rotation.get': {
    summary: 'Show the rotation of a client: its secrets, and when each was used',
    method: 'GET',
    path: '/admin/v1/realms/{realm}/clients/{client}/secret-rotation',
    scope: 'clients:read',
    status: 200,
    params: ofClient,
    output: shapes.rotation,
  },
  'rotation.start': {
    summary: 'Start a rotation: a second secret, good beside the first until the window ends',
    description: 'The new secret is in this answer and never again. Refused by "rotation-in-progress" while another rotation runs.',
    method: 'POST',
    path: '/admin/v1/realms/{realm}/clients/{client}/secret-rotation',
    scope: 'secrets:write',
    status: 201,
    params: ofClient,
    body: z.strictObject({
      window: shapes.windowSeconds
        .optional()
        .meta({ description: 'Seconds for which the old secret stays good; that of the realm if left out.', examples: [604_800] }),
      secretExpiresAt: shapes.instant
        .nullable()
        .optional()
        .describe('When the new secret ends; null if it does not. If left out, it lives as long as the old one was made to.'),
      force: force.describe(
        'Also while another rotation runs. Its new secret ends if it was never used, else its old one, unless that is in use.',
      ),
    }),
    output: shapes.rotation.extend({
      clientSecret: shapes.clientSecret,
      ended: shapes.secret.nullable().describe('The secret that ended because a client has two at most; null if none had to.'),
    }),
    secret: 'clientSecret',
  },
  'rotation.confirm': {
    summary: 'Confirm a rotation: the old secret ends now',
    description:
      'Refused by "old-secret-in-use" while the old secret is in use and by "new-secret-unproven" before the new one was used, unless forced with a reason.',
    method: 'POST',
    path: '/admin/v1/realms/{realm}/clients/{client}/secret-rotation/confirm',
    scope: 'secrets:write',
    status: 200,
    params: ofClient,
    body: z
      .strictObject({
        force: force.describe('Also while the old secret is in use, or before the new one was used.'),
        reason: shapes.reason.optional(),
      })
      .refine((body) => !body.force || body.reason !== undefined, { path: ['reason'], error: 'Expected a reason, which "force" needs' }),
    output: shapes.rotation,
  },
  'rotation.cancel': {
    summary: 'Cancel a rotation: the new secret ends now, the old one stays',
    description: 'Refused by "new-secret-in-use" while the new secret is in use; revoking that secret does the same in an emergency.',
    method: 'DELETE',
    path: '/admin/v1/realms/{realm}/clients/{client}/secret-rotation',
    scope: 'secrets:write',
    status: 200,
    params: ofClient,
    output: shapes.rotation,
  },
  'rotation.extend': {
    summary: 'Extend the window of a rotation: the old secret stays good for longer',
    description: 'Never beyond "maxWindowEndsAt", and never to an earlier end: for that, confirm.',
    method: 'POST',
    path: '/admin/v1/realms/{realm}/clients/{client}/secret-rotation/extend',
    scope: 'secrets:write',
    status: 200,
    params: ofClient,
    body: z.strictObject({ window: shapes.windowSeconds.meta({ description: 'Seconds from now.', examples: [86_400] }) }),
    output: shapes.rotation,
  },
  'secrets.revoke': {
    summary: 'Revoke a secret at once, in an emergency',
    description:
      'The tokens of the client are refused, too, because they do not say by which secret they were issued. Without another secret the client gets no tokens until a rotation gives it one.',
    method: 'POST',
    path: '/admin/v1/realms/{realm}/clients/{client}/secrets/{secret}/revoke',
    scope: 'secrets:write',
    status: 200,
    params: ofClient.extend({ secret: shapes.uuid.describe('The id of the secret.') }),
    body: z.strictObject({
      reason: shapes.reason,
      cutTokens: z
        .boolean()
        .default(true)
        .describe(
          'Whether tokens that were issued before now are refused, too. Tokens do not say by which secret, so it is all of the client.',
        ),
    }),
    output: shapes.rotation,
    destructive: true,
  },
  'secrets.due': {
    summary: 'List the secrets of a realm that are due for rotation or end soon, also by a window whose new secret nobody uses',
    method: 'GET',
    path: '/admin/v1/realms/{realm}/secrets/due',
    scope: 'clients:read',
    status: 200,
    params: inRealm,
    query: shapes.pageQuery,
    output: shapes.page(shapes.dueSecret),
  },
} as const satisfies Record<string, Operation>
